"""The sample of each trigger looks like the records that fire it in the sandbox.

A person maps fields from the sample before a first event has happened. So a sample does not show a state that
no such record has, such as a shipping label of a new return.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import pytest
from support.each import each
from support.fired_records import Record, fired
from support.merchant import VendorSandbox

from connector.definition.compiler import integration, vendors
from connector.definition.model import Field
from connector.definition.samples import merged
from connector.generator.zapier.lint.records import leaves, values

TRIGGERS = [(vendor, key) for vendor in vendors() for key in integration(vendor).triggers]
EMPTY: tuple[object, ...] = (None, "", [], {})
UNREACHED = {
    ("returngo", "details__shipments[]status"): "LabelCreated",
}
"""Words of samples that no record in the sandbox has, because nothing there brings a record so far.

In the sandbox of ReturnGO, no carrier creates a label for a shipment.
"""
Look = frozenset[str] | bool
"""The words in a field with known values; for other fields, whether there is a value."""


@cache
def fired_at(vendor: str) -> Mapping[str, Sequence[Record]]:
    """Return the records that fire each trigger of a vendor."""
    backend, offer = VendorSandbox.open(vendor), integration(vendor)
    try:
        return {key: fired(backend, offer, key) for key in offer.triggers}
    finally:
        backend.close()


def kinds(fields: Sequence[Field], prefix: str = "") -> Iterator[tuple[str, bool]]:
    """Yield the key of each leaf of a record, and whether its values are known words."""
    for one in fields:
        key = prefix + one.key
        if one.children:
            yield from kinds(one.children, key + ("[]" if one.type == "list" else "__"))
        else:
            yield key, bool(one.known_values or one.choices or one.flag)


def looks(record: Record, words: Mapping[str, bool]) -> dict[str, Look]:
    """Return how each field of a record looks; `words` says of each whether its values are known words."""
    found: dict[str, list[str]] = {}
    for key, value in leaves(record):
        if value not in EMPTY:
            found.setdefault(key, []).append(str(value))
    return {key: frozenset(found.get(key, ())) if known else key in found for key, known in words.items()}


@dataclass(frozen=True)
class Kind:
    """A kind of record: how the records that fire its triggers look, and the fields that change over time.

    What never changes in the sandbox, such as a phone number that its customers do not have, is not compared.
    """

    words: Mapping[str, bool]
    fired: Mapping[str, Sequence[dict[str, Look]]]
    changing: Sequence[str]
    unreached: Mapping[str, Look]

    def differences(self, key: str, sample: Record) -> list[str]:
        """List where a sample differs from the record that fires the trigger and is most like the sample."""
        wanted = looks(sample, self.words)
        compared = [name for name in self.changing if wanted[name] != self.unreached.get(name)]
        found = [
            [
                f"{name}: {shown(wanted[name])}, not {shown(one[name])}"
                for name in compared
                if one[name] != wanted[name]
            ]
            for one in self.fired[key]
        ]
        return min(found, key=len)


@cache
def kind(vendor: str, resource: str) -> Kind:
    """Return a kind of record as the triggers of a vendor find it."""
    triggers = {key: one for key, one in integration(vendor).triggers.items() if one.resource == resource}
    words = {key: known for one in triggers.values() for key, known in kinds(one.fields)}
    found = {key: [looks(row, words) for row in fired_at(vendor)[key]] for key in triggers}
    everything = [one for rows in found.values() for one in rows]
    changing = [key for key in words if len({one[key] for one in everything}) > 1]
    unreached = {key: frozenset({word}) for (where, key), word in UNREACHED.items() if where == vendor}
    return Kind(words, found, changing, unreached)


def shown(look: Look) -> str:
    if isinstance(look, bool):
        return "a value" if look else "empty"
    return ", ".join(sorted(look)) or "empty"


@pytest.mark.parametrize(("vendor", "key"), TRIGGERS)
def test_sample_looks_like_a_record_that_fires(vendor: str, key: str) -> None:
    trigger = integration(vendor).triggers[key]
    assert fired_at(vendor)[key], f"Nothing fired {key}."
    sample = merged(trigger.sample, trigger.example)
    assert kind(vendor, trigger.resource).differences(key, sample) == []


def test_unreached_words_are_in_no_record() -> None:
    for (vendor, field), word in each(UNREACHED.items()):
        rows = [row for rows in fired_at(vendor).values() for row in rows]
        assert not [row for row in rows if word in values(row, field)]
        samples = [merged(one.sample, one.example) for one in integration(vendor).triggers.values()]
        assert [one for one in samples if word in values(one, field)]
