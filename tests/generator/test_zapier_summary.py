"""Summaries, sensitive values and flags: Python's samples and the apps' JavaScript agree."""

import copy
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.each import each
from support.zapier import APPS, node

from connector.definition.compiler import integration, vendors
from connector.definition.model import Field
from connector.definition.model.summary import LABELS, Amount, ItemLines, Summary
from connector.definition.paths import at_path, walk
from connector.definition.summary import described, summary
from connector.generator.zapier.outputs import FILE, distinct, outputs, sample_of, sensitive_labels, shape_of

SCRIPT = Path(__file__).with_name("summaries.mjs")
RETURNS = [
    (vendor, kind, key)
    for vendor in vendors()
    for kind in ("triggers", "actions", "searches")
    for key, step in getattr(integration(vendor), kind).items()
    if summary(integration(vendor), step.resource, step.fields)
]
ODD: tuple[Any, ...] = (
    None,
    "",
    " ",
    "1,5",
    "12.50",
    "0",
    0,
    3,
    -2,
    "12 EUR",
    12.125,
    True,
    [],
    {},
    [None],
    [[]],
)


def in_javascript(cases: list[list[Any]]) -> list[Any]:
    done = subprocess.run(
        [node(), str(SCRIPT), (APPS / "returnmate" / "index.js").as_uri()],
        input=json.dumps(cases), capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    result: list[Any] = json.loads(done.stdout)
    return result


def step_of(vendor: str, kind: str, key: str) -> tuple[Any, Summary, dict[str, Any]]:
    offer = integration(vendor)
    step = getattr(offer, kind)[key]
    built = summary(offer, step.resource, step.fields)
    assert built
    shape = shape_of(offer, step.resource, step.fields)
    return step, built, json.loads(json.dumps({"summary": shape["summary"]}))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a record."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inside:
        yield (*path, name)
        yield from places(one, (*path, name))


def replaced(record: Any, path: tuple[Any, ...], value: Any) -> Any:
    result = copy.deepcopy(record)
    holder = result
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    return result


@pytest.mark.parametrize(("vendor", "kind", "key"), RETURNS, ids=lambda one: one)
def test_summary_of_the_sample_says_what_a_person_needs(vendor: str, kind: str, key: str) -> None:
    step, built, _ = step_of(vendor, kind, key)
    texts = described(built, step.sample)
    assert list(texts) == [name for name in LABELS if name in built.members]
    assert {"items", "status"} <= texts.keys()
    empty = [name for name, text in texts.items() if not text]
    assert empty == [], f"the sample of {key} has no value for {empty}"


def test_both_languages_make_the_same_of_every_odd_record() -> None:
    cases, expected = [], []
    for vendor in vendors():
        resources = {getattr(integration(vendor), kind)[key].resource: (kind, key)
                     for name, kind, key in RETURNS if name == vendor}  # fmt: skip
        for kind, key in each(resources.values()):
            step, built, shape = step_of(vendor, kind, key)
            only = {"summary": shape["summary"]}
            for turn, path in enumerate(each(list(places(step.sample)))):
                for value in (ODD[turn % len(ODD)], ODD[(turn * 7 + 3) % len(ODD)]):
                    record = replaced(step.sample, path, value)
                    cases.append([only, {}, record])
                    expected.append((path, value, built.within, described(built, record)))
    assert len(cases) > 500
    for (path, value, within, texts), made in each(zip(expected, in_javascript(cases), strict=True)):
        holder = at_path(made, within)
        if isinstance(holder, dict):
            assert holder["summary"] == texts, f"{path} = {value!r}"


def test_amounts_are_exact_and_have_their_currency() -> None:
    lines = Amount(at=("lines",), amount=("price",), quantity=("count",), shared_currency=("currency",))
    built = Summary(amounts=(Amount(amount=("refund",), currency=("unit",)), lines))
    rows = [{"price": "0.1", "count": 3}, {"price": 0.2, "count": 1}, {"price": "x", "count": 1}]
    for record, text in (
        ({"refund": 12.5, "unit": "AUD"}, "12.50 AUD"),
        ({"refund": "60", "unit": "JPY"}, "60 JPY"),
        ({"refund": 0}, "0"),
        ({"refund": None, "lines": rows, "currency": "EUR"}, "0.50 EUR"),
        ({"refund": "12 EUR", "lines": []}, None),
        ({"refund": 1.125}, "1.125"),
    ):
        assert described(built, record) == {"amount": text}
    shape = {"summary": {"within": [], "amounts": [
        {"amount": ["refund"], "currency": ["unit"]},
        {"at": ["lines"], "amount": ["price"], "quantity": ["count"], "sharedCurrency": ["currency"]},
    ]}}  # fmt: skip
    [made] = in_javascript([[shape, {}, {"lines": rows, "currency": "EUR"}]])
    assert made["summary"] == {"amount": "0.50 EUR"}


def test_items_are_listed_with_quantity_and_variant_and_reasons_once() -> None:
    items = ItemLines(
        at=("lines",), name=(("name",), ("sku",)), variant=("kind",), quantity=("count",),
        reasons=((("reason",),),),
    )  # fmt: skip
    built = Summary(items=items, reason_words={"too_small": "Too Small"})
    rows = [
        {"name": "Shirt", "kind": "Blue / M", "count": 2, "reason": "too_small"},
        {"name": "", "sku": "HAT-1", "count": None, "reason": "too_small"},
        {"reason": "other"},
    ]
    expected = {"reason": "Too Small, other", "items": "2 × Shirt (Blue / M), HAT-1"}
    assert described(built, {"lines": rows}) == expected
    lines = {"at": ["lines"], "name": [["name"], ["sku"]], "variant": ["kind"], "quantity": ["count"]}
    shape = {"within": [], "items": {**lines, "reasons": [[["reason"]]]}, "reasonWords": built.reason_words}
    [made] = in_javascript([[{"summary": shape}, {}, {"lines": rows}]])
    assert made["summary"] == expected


def test_number_of_an_order_comes_before_its_id_and_a_refund_before_the_total() -> None:
    seen = set()
    for vendor, kind, key in each(RETURNS):
        step, built, _ = step_of(vendor, kind, key)
        unified = integration(vendor).unified
        assert unified is not None
        table = unified.returns[step.resource]
        moneys = [one.amount if one else None for one in (table.refund_total, table.total)]
        pairs = {"order": (table.order_number, table.order_id), "amount": tuple(moneys)}
        for name, paths in pairs.items():
            known = [
                (*built.within, *one) for one in paths if one and walk(step.fields, (*built.within, *one))
            ]
            record = step.sample
            for place, path in enumerate(known):
                record = replaced(record, path, 11.25 * (place + 1))
            if len(known) == 2:
                assert str(described(built, record)[name]).startswith("11.25"), (key, name)
                seen.add(name)
    assert seen == {"order", "amount"}


def test_sensitive_values_are_left_out_unless_asked_for_and_flags_are_booleans() -> None:
    shape = {"flags": [["lines", "gift"], ["open"]], "hidden": [["bank"], ["lines", "bank"]]}
    record = {"open": "true", "bank": {"iban": "X"}, "lines": [{"gift": 0, "bank": 1}, {"gift": 7}, "odd"]}
    hidden, asked, empty = in_javascript(
        [[shape, {}, record], [shape, {"include_sensitive": True}, record], [shape, {}, {}]]
    )
    assert hidden == {"open": True, "lines": [{"gift": False}, {"gift": 7}, "odd"]}
    assert asked == {
        "open": True,
        "bank": {"iban": "X"},
        "lines": [{"gift": False, "bank": 1}, {"gift": 7}, "odd"],
    }
    assert empty == {}


def steps_of(vendor: str) -> Iterator[tuple[str, Any]]:
    for kind in ("triggers", "actions", "searches"):
        yield from getattr(integration(vendor), kind).items()


@pytest.mark.parametrize("vendor", vendors())
def test_no_bank_account_is_among_the_outputs(vendor: str) -> None:
    offer = integration(vendor)
    for key, step in each(list(steps_of(vendor))):
        built = summary(offer, step.resource, step.fields)
        keys = [one["key"] for one in outputs(offer, step.fields, built)]
        text = json.dumps([keys, sample_of(step.fields, step.sample, built)]).lower()
        assert "bank" not in text, key
        assert "iban" not in text, key
    marked = [key for key, step in steps_of(vendor) if sensitive_labels(step.fields)]
    bank = [key for key, step in steps_of(vendor) if "iban" in str(step.fields)]
    assert marked == bank


@pytest.mark.parametrize("vendor", vendors())
def test_no_two_outputs_of_a_step_are_labelled_alike(vendor: str) -> None:
    offer = integration(vendor)
    for key, step in each(list(steps_of(vendor))):
        built = summary(offer, step.resource, step.fields)
        labels = [one["label"] for one in outputs(offer, step.fields, built)]
        assert len(labels) == len(set(labels)), key


def test_equal_labels_get_the_name_of_their_object_or_of_the_vendor() -> None:
    keys = ("status", "status_code", "order__name", "rows[]order__name", "label")
    fields = [{"key": key, "label": "Name"} for key in keys]
    assert [one["label"] for one in distinct(fields, "Example")] == [
        "Name",
        "Name in Example",
        "Order Name",
        "Rows Order Name",
        "Name in Example (label)",
    ]


def always(fields: tuple[Field, ...], record: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield the paths of values in a sample that the specification does not require."""
    known = {one.key: one for one in fields}
    for key, value in record.items():
        one = known.get(key)
        if key == FILE and any(other.file for other in fields):
            continue
        if one is None or not one.required:
            yield f"{path}{key}"
        elif one.children:
            for row in value if isinstance(value, list) else [value]:
                yield from always(one.children, row, f"{path}{key}.") if isinstance(row, dict) else ()


@pytest.mark.parametrize("vendor", vendors())
def test_samples_hold_only_what_every_record_has(vendor: str) -> None:
    for key, step in each(list(steps_of(vendor))):
        sample = sample_of(step.fields, step.sample, None)
        assert sample, key
        assert list(always(step.fields, sample)) == [], key
