"""Converts the parts of a tenant from database rows to the JSON of a dump, and back.

`openapi/sandbox.yaml` describes this JSON as `TenantDump`. The documents of records are copied unchanged,
except for the URLs of labels, which contain a secret token.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from mock_server.store.content import EVENT_COLUMNS, EVENTS, ROW_COLUMNS, ROWS, STEP_COLUMNS, Chunks

FORMAT: Final = "returns-sandbox-tenant"
VERSION: Final = 1
_TEXTS: Final = [
    name for name in ROW_COLUMNS if name not in {"summary", "document", "created_at", "updated_at"}
]
_SUMMARY, _DOCUMENT = ROW_COLUMNS.index("summary"), ROW_COLUMNS.index("document")


def row_json(values: Sequence[Any], hide: Callable[[str, bytes], bytes]) -> bytes:
    """Serialize a row, whose values are in the order of `ROW_COLUMNS`, as JSON.

    `hide(vendor, document)` removes the secret tokens from the label URLs in a document. Empty strings are
    omitted, and so is the summary if it equals the document.
    """
    row = dict(zip(ROW_COLUMNS, values, strict=True))
    shown: dict[str, Any] = {name: row[name] for name in _TEXTS if row[name]}
    shown |= {"created_at": row["created_at"], "updated_at": row["updated_at"]}
    for name in ("summary", "document"):
        if name == "document" or row["summary"] != row["document"]:
            shown[name] = orjson.Fragment(hide(row["vendor"], row[name]))
    return orjson.dumps(shown)


def event_json(values: Sequence[Any]) -> bytes:
    """Serialize a ledger event, whose values are in the order of `EVENT_COLUMNS`, without its number."""
    event = dict(zip(EVENT_COLUMNS, values, strict=True))
    del event["sequence"]
    return orjson.dumps({**event, "body": orjson.Fragment(event["body"])})


def step_json(values: Sequence[Any]) -> bytes:
    """Serialize a scheduled step, whose values are in the order of `STEP_COLUMNS`."""
    step = dict(zip(STEP_COLUMNS, values, strict=True))
    return orjson.dumps({**step, "body": orjson.Fragment(step["body"])})


@dataclass(slots=True)
class DumpContent:
    """The content of a partition, converted from a `TenantDump` to database rows.

    `show(vendor, document)` inserts the secret tokens into the label URLs of a document. Implements
    `store.content.Content`, which describes the tuples that the methods yield in chunks.
    """

    dump: Mapping[str, Any]
    show: Callable[[str, bytes], bytes]
    totals: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def rows(self) -> Chunks:
        """Yield the rows, in the order of the dump."""
        return self._chunks("rows", ROWS, self._row)

    def events(self) -> Chunks:
        """Yield the ledger events, numbered from 1."""
        return self._chunks("events", EVENTS, _event)

    def steps(self) -> Chunks:
        """Yield the scheduled steps, in the order of the dump."""
        return self._chunks(
            "steps", EVENTS, lambda _, step: tuple(_encoded(step)[name] for name in STEP_COLUMNS)
        )

    def counters(self) -> Chunks:
        """Yield the counters, which contain the numbers of rows per vendor, kind and status.

        Call this method after `rows` has yielded all rows, because `rows` counts them.
        """
        yield [(*key, total) for key, total in self.totals.items()]

    def _chunks(
        self, part: str, size: int, convert: Callable[[int, Mapping[str, Any]], tuple[Any, ...]]
    ) -> Chunks:
        entries = self.dump[part]
        for start in range(0, len(entries), size):
            chunk = enumerate(entries[start : start + size], start + 1)
            yield [convert(number, entry) for number, entry in chunk]

    def _row(self, _number: int, entry: Mapping[str, Any]) -> tuple[Any, ...]:
        self.totals[entry["vendor"], entry["kind"], entry.get("status", "")] += 1
        values: list[Any] = [entry.get(name, "") for name in ROW_COLUMNS]
        document = self.show(entry["vendor"], orjson.dumps(entry["document"]))
        values[_DOCUMENT] = document
        same = "summary" not in entry
        values[_SUMMARY] = document if same else self.show(entry["vendor"], orjson.dumps(entry["summary"]))
        email = ROW_COLUMNS.index("customer_email")
        values[email] = values[email].lower()
        return tuple(values)


def _event(number: int, entry: Mapping[str, Any]) -> tuple[Any, ...]:
    event = {**_encoded(entry), "sequence": number}
    return tuple(event[name] for name in EVENT_COLUMNS)


def _encoded(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, "body": orjson.dumps(entry["body"])}
