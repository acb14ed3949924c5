"""A webhook's conditions select the records that they describe, in every combination of `x-conditions`.

A condition names a field of the payload and the values that the field may have, and `operator` says how the
conditions are combined. The expected result is read from the payload, without the code that decides.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from contract.sandbox.documents import document
from support.each import each

from mock_server import vendors
from mock_server.webhooks.format import Event

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mock_server.webhooks.format import Record, WebhookFormat

AT = 1_780_000_000_000_000
CONDITIONS = [
    (vendor, name)
    for vendor in vendors.names()
    for name, hook in document(vendor).raw.get("x-webhooks", {}).items()
    if "x-conditions" in hook["post"]
]


def described(vendor: str, name: str) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = document(vendor).raw["x-webhooks"][name]["post"]["x-conditions"][
        "properties"
    ]
    return properties


def words(format_: WebhookFormat, kind: str, record: Record, field: str) -> set[str]:
    """Return the words that a payload has in a field, in the version that has the field."""
    for version in format_.versions or (0,):
        payload = format_.payload(Event(kind, "evt_1", AT, version), record)
        inner = next((one for one in (payload, *payload.values()) if field_in(one, field)), None)
        if inner is not None:
            value = inner[field]
            return set(value) if isinstance(value, list) else {value}
    raise AssertionError(f"No version of {kind} has the field {field}.")


def field_in(payload: Any, field: str) -> bool:
    return isinstance(payload, dict) and field in payload


def given(lists: Mapping[str, list[str]]) -> Iterator[dict[str, list[str]]]:
    """Yield conditions: each list absent, with one value, with two, and with all of them."""
    forms = [
        [None, *([one] for one in values), *map(list, itertools.pairwise(values)), values]
        for values in lists.values()
    ]
    for chosen in itertools.product(*forms):
        yield {key: found for key, found in zip(lists, chosen, strict=True) if found is not None}


@pytest.mark.parametrize(("vendor", "name"), CONDITIONS)
def test_conditions_select_the_records_that_they_describe(vendor: str, name: str) -> None:
    properties = described(vendor, name)
    lists = {key: one["items"]["enum"] for key, one in properties.items() if one["type"] == "array"}
    (operator,) = properties.keys() - lists.keys()
    assert set(properties[operator]["enum"]) == {"and", "or"}
    format_ = vendors.webhooks_of(vendor)
    assert format_ is not None
    seen = set()
    for kind in each(format_.kinds):
        record = format_.sample(kind.name, 1, AT)
        shown = {key: words(format_, kind.name, record, key) for key in lists}
        for conditions in each(given(lists)):
            met = [bool(shown[key] & set(values)) for key, values in conditions.items()]
            for combined, expected in (("and", all(met)), ("or", any(met) or not met)):
                actual = format_.wants({**conditions, operator: combined}, record)
                assert actual == expected, (kind.name, combined, conditions, shown)
                seen.add((combined, tuple(met), expected))
    mixed = {("and", (True, False), False), ("or", (True, False), True), ("or", (False, False), False)}
    assert seen >= mixed | {("and", (True, True), True), ("and", (), True)}


def test_a_vendor_has_conditions() -> None:
    assert CONDITIONS
