"""The JSON Schema with which editors check the catalogs."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
import yaml
from support.each import each

from connector.definition.catalog import schema
from connector.definition.compiler import CATALOGS, vendors

FIRST_LINE = "# yaml-language-server: $schema=schema.json"


def catalog(vendor: str) -> Any:
    """Return a catalog as an editor sees it: JSON has texts for keys, so `404:` is one."""
    text = (CATALOGS / f"{vendor}.yaml").read_text(encoding="utf-8")
    return json.loads(json.dumps(yaml.safe_load(text)))


def faults(document: Any) -> list[str]:
    validator = jsonschema_rs.validator_for(json.loads(schema.text()))
    return [error.message for error in validator.iter_errors(document)]


def test_committed_schema_is_up_to_date() -> None:
    assert schema.FILE.read_text(encoding="utf-8") == schema.text(), (
        "Run `python -m connector.definition.catalog.schema`."
    )


@pytest.mark.parametrize("vendor", vendors())
def test_catalogs_name_the_schema_and_fit_it(vendor: str) -> None:
    text = (CATALOGS / f"{vendor}.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == FIRST_LINE
    assert faults(catalog(vendor)) == []


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("vendor", "colour", "red"),
        ("vendor", "app_version", "v1"),
        ("authentication", "fields", "api_key"),
        ("triggers", "new_return", {"label": "New Return"}),
    ],
)
def test_schema_refuses_what_the_compiler_refuses(section: str, key: str, value: Any) -> None:
    document = catalog("returnmate")
    document[section][key] = value
    assert faults(document)


def test_schema_describes_what_editors_show() -> None:
    entries = json.loads(schema.text())["$defs"]
    for name in each(entries.keys() - {"JsonValue"}):
        assert entries[name]["description"].strip(), name


def test_schema_is_no_vendor_and_ships_beside_the_catalogs() -> None:
    assert (CATALOGS / "schema.json").is_file()
    assert "schema" not in vendors()
