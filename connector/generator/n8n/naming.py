"""Builds the names and texts of a package in the form that n8n's lint rules require."""

import re

from connector.definition.model import Vendor
from connector.definition.naming import camel

LINK = re.compile(r"\[([^\]]+)\]\((https://[^)\s]+)\)")
CODE = re.compile(r"`([^`]*)`")
YES = re.compile(r"^Choose yes (if|to) ")
SENTENCE_END = re.compile(r"[.!?](?=\s|$)")


def class_name(vendor: Vendor) -> str:
    """Return the name of the node's class, from which n8n derives file names: `ReturnGo` for ReturnGO."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", vendor.title)
    return "".join(word[:1].upper() + word[1:].lower() for word in words)


def node_name(vendor: Vendor) -> str:
    """Return the node's name: `returnGo` for ReturnGO."""
    name = class_name(vendor)
    return name[:1].lower() + name[1:]


def credential_name(vendor: Vendor) -> str:
    """Return the name of the credential type: `returnGoApi` for ReturnGO."""
    return f"{node_name(vendor)}Api"


def noun_key(noun: str) -> str:
    """Convert a noun to the value of a resource option: `customer history` becomes `customerHistory`."""
    return camel(re.sub(r"\W+", "_", noun.lower()))


def noun_label(noun: str) -> str:
    """Convert a noun to the name of a resource option: `customer history` becomes `Customer History`.

    Abbreviations such as `RMA` are not changed.
    """
    return " ".join(word if word.isupper() else word.capitalize() for word in noun.split())


def described(text: str) -> str:
    """Format a description: links and code as HTML, and a single sentence without its final period."""
    html = CODE.sub(r"<code>\1</code>", LINK.sub(r'<a href="\2" target="_blank">\1</a>', text.strip()))
    single = len(SENTENCE_END.findall(html)) == 1 and html.endswith(".")
    return html[:-1] if single else html


def whether(text: str) -> str:
    """Format the description of a Boolean parameter, which must begin with "Whether"."""
    said = YES.sub(lambda found: "Whether " if found[1] == "if" else "Whether to ", described(text))
    return (
        said if said.startswith("Whether") else f"Whether this is so: {said}" if said else "Whether it is so"
    )


def action_text(label: str) -> str:
    """Convert a step's label to sentence case, for n8n's list of actions: `Create shipping label`."""
    return label[:1].upper() + label[1:].lower()
