"""Lint checks for the texts that a package shows to users, where n8n's own lint has gaps."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from connector.generator.n8n.files import Package

QUOTED = re.compile(r"^\s*\"[A-Za-z_]\w*\": ", re.MULTILINE)
SENTENCES = re.compile(r"[.!?](?=\s|$)")
SORTED_FROM = 2


def n012_keys_are_not_quoted(package: Package) -> Iterator[str]:
    """Check that property names have no quotes, because n8n's own lint ignores quoted properties."""
    for path, text in package.files.items():
        if path.endswith(".ts") and (found := QUOTED.search(text)):
            yield f"{path} quotes the key {found[0].strip()} Write keys without quotes."


def n013_single_sentences_have_no_period(package: Package) -> Iterator[str]:
    """Check that a description has a final period only if it consists of several sentences."""
    for name, text in _descriptions(package):
        count = len(SENTENCES.findall(text))
        if count == 1 and text.endswith("."):
            yield f"The description of {name} is one sentence with a period. Remove the period."
        if count > 1 and not text.endswith((".", "!", "?")):
            yield f"The description of {name} has several sentences and no final period. Add it."


def n014_options_are_sorted(package: Package) -> Iterator[str]:
    """Check that options are in alphabetical order, so that users find them."""
    for one in _everything(package):
        names = [option["name"] for option in one.get("options", ()) if "value" in option]
        if len(names) >= SORTED_FROM and names != sorted(names, key=str.lower):
            yield f"The options of {one['name']} are not in alphabetical order. Sort them."


def n015_labels_are_distinct(package: Package) -> Iterator[str]:
    """Check that no two options of a parameter have the same name."""
    for one in _everything(package):
        names = [option["name"] for option in one.get("options", ()) if "value" in option]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"Two options of {one['name']} are called {name}. Rename one."


def _everything(package: Package) -> Iterator[Mapping[str, Any]]:
    yield from _below([*package.properties, *package.trigger_properties])
    yield from package.credential["properties"]


def _below(properties: list[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for one in properties:
        yield one
        if one["type"] == "collection":
            yield from _below(one["options"])
        if one["type"] == "fixedCollection":
            yield from _below(one["options"][0]["values"])


def _descriptions(package: Package) -> Iterator[tuple[str, str]]:
    for one in _everything(package):
        yield one["name"], one.get("description", "")
        for option in one.get("options", ()):
            if "value" in option:
                yield f"{one['name']}.{option['value']}", option.get("description", "")
