"""The committed app would pass Zapier's publishing checks, and each check finds what it is for."""

import copy
from typing import Any

import pytest
from support.zapier_checks import CHECKS, Check, values

Fault = tuple[str, Any]
TRIGGER = "triggers.new_return"
CREATE = "creates.create_return"
SEARCH = "searches.find_return"
ID = "creates.add_note.operation.inputFields.0"

# Per check: the place in the definition that is spoilt, and what is put there (None: taken away).
FAULTS: dict[str, tuple[Fault, ...]] = {
    "d001": (
        (f"{CREATE}.operation.inputFields.0.key", "api_token"),
        (f"{CREATE}.operation.inputFields.0.type", "password"),
    ),
    "d003": (
        ("authentication.connectionLabel", "ReturnMate"),
        ("authentication.connectionLabel", "{{bundle.authData.api_key}}"),
    ),
    "d004": ((ID, {"key": "return_id", "label": "Return"}),),
    "d005": ((f"{ID}.dynamic", "nothing.id.label"), (f"{ID}.dynamic", "return.id.name")),
    "d006": ((f"{TRIGGER}.operation.type", "hook"),),
    "d009": ((f"{SEARCH}.operation.inputFields", []),),
    "d010": ((f"{TRIGGER}.operation.sample.id", None),),
    "d012": ((f"{TRIGGER}.operation.sample", None), (f"{CREATE}.operation.sample", {})),
    "d013": ((f"{ID}.search", "nothing.id"), (f"{ID}.search", "find_return.nothing")),
    "d014": ((f"{ID}.dynamic", None),),
    "d015": (("searchOrCreates.find_return.create", "nothing"),),
    "d018": (
        (f"{TRIGGER}.display.label", "New return"),
        ("searchOrCreates.find_return.display.label", "find or Create Return"),
    ),
    "d021": (
        (f"{TRIGGER}.display.description", "When a return is created."),
        (f"{CREATE}.display.description", "Creates a new return"),
        (f"{SEARCH}.display.description", "Looks for a return."),
    ),
    "d022": ((f"{CREATE}.operation.inputFields", ["$func$2$f$"]),),
    "d023": (
        (f"{TRIGGER}.operation.sample.created_at", "2026-10-14"),
        (f"{TRIGGER}.operation.sample.created_at", "2026-10-14T02:30:00"),
    ),
    "d024": (
        (f"{TRIGGER}.operation.sample.items.0.quantity", "1"),
        (f"{TRIGGER}.operation.sample.items.0.quantity", True),
        (f"{TRIGGER}.operation.sample.customer.email", 1),
    ),
}


def spoilt(definition: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    found = copy.deepcopy(definition)
    *above, last = [int(name) if name.isdigit() else name for name in place.split(".")]
    holder: Any = found
    for name in above:
        holder = holder[name]
    if value is None:
        del holder[last]
    elif isinstance(holder, list):
        holder[int(last)] = value
    else:
        holder[last] = value
    return found


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_committed_app_passes(check: Check, every_definition: dict[str, Any]) -> None:
    assert list(check(every_definition)) == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_check_finds_its_fault(check: Check, definition: dict[str, Any]) -> None:
    for place, value in FAULTS[check.__name__.partition("_")[0]]:
        complaints = list(check(spoilt(definition, place, value)))
        assert complaints, f"{check.__name__} overlooks {place} = {value!r}"


def test_values_are_found_below_objects_and_in_line_items() -> None:
    record = {"a": {"b": 1}, "rows": [{"c": {"d": 2}}, {"c": {"d": 3}}, {}], "words": ["x", "y"], "none": []}
    assert values(record, "a__b") == [1]
    assert values(record, "rows[]c__d") == [2, 3]
    assert values(record, "words") == [["x", "y"]]
    assert values(record, "none[]x") == []
    assert values(record, "absent__x") == []
