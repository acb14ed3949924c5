"""Checks of what is asked of a person, and where it may lead: credentials, connection, addresses."""

import re
from collections.abc import Iterator

from connector.generator.zapier.lint.app import App, sources

CREDENTIAL = re.compile(r"passw|secret|token|api_?key|credential", re.IGNORECASE)
LINK = re.compile(r"\[[^\]]+\]\(https://[^)\s]+\)")
OPEN_HOST = re.compile(r"https?://[^/'\"`\s]*(?:\$\{|\{\{)[^'\"`\s]*")


def d001_credentials_belong_to_the_login(app: App) -> Iterator[str]:
    """An action's inputs are not guarded as those of the login are."""
    for path, field in app.inputs():
        if field.get("type") == "password" or CREDENTIAL.search(field["key"]):
            yield f"{path} asks for a credential; that belongs to the login."


def d002_credentials_come_with_a_link(app: App) -> Iterator[str]:
    """People seldom know where a key is to be had."""
    for field in app.login_fields():
        if field.get("type") == "password" and not LINK.search(field.get("helpText", "")):
            yield f"The help of the login's {field['key']} has no link to where it is found."


def d003_connection_label_names_the_account(app: App) -> Iterator[str]:
    """The label tells two connections apart, and shows nothing of the key."""
    label = app.definition.get("authentication", {}).get("connectionLabel", "")
    secret = {one["key"] for one in app.login_fields() if one.get("type") == "password"}
    if "{{" not in label and not label.startswith("$func$"):
        yield f"The connection label {label!r} is the same for every account."
    for key in re.findall(r"{{\s*(?:bundle\.authData\.)?(\w+)\s*}}", label):
        if key in secret:
            yield f"The connection label shows {key}."


def d007_addresses_are_https(app: App) -> Iterator[str]:
    """Wherever an address stands in the app's code, data included."""
    for path, text in sources(app):
        for found in re.findall(r"http://[^\s'\"`)]*", text):
            yield f"{path} has the address {found}; use https."


def d026_hosts_are_not_typed_in(app: App) -> Iterator[str]:
    """A host made of what somebody typed could lead the credential anywhere."""
    for path, text in sources(app):
        for found in OPEN_HOST.findall(text):
            yield f"{path} makes a host of what is typed in, {found}; choose among fixed addresses."
    for field in app.login_fields():
        if "://" in field.get("inputFormat", "") and "choices" not in field:
            yield f"The login's {field['key']} is put into the address {field['inputFormat']} unchecked."


def h001_secrets_are_masked(app: App) -> Iterator[str]:
    """What opens an account is never shown while it is typed, nor kept as if it were no secret."""
    for field in app.login_fields():
        open_secret = field.get("type") != "password" or field.get("isNoSecret")
        if CREDENTIAL.search(field["key"]) and open_secret:
            yield f"The login's {field['key']} is shown as it is typed; make it a password."
