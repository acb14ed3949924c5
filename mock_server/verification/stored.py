"""Compares a tenant's stored rows, counters, steps and deliveries with the state in its ledger."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from mock_server.verification.differences import Difference
from mock_server.verification.rebuilt import Rebuilt, Record, State

COLUMNS: Final = ("vendor", "kind", "id", "status", "state", "created_at", "parent", "summary", "document")
"""The columns of a row, in the order that `Stored.row` expects."""


class Stored:
    """Compares rows one by one, and collects the data for the later checks of counters and steps.

    `paths` contains, for each vendor, the keys that lead to the status in the document of a return.
    """

    def __init__(self, rebuilt: Rebuilt, paths: Mapping[str, Sequence[str]]) -> None:
        self._rebuilt = rebuilt
        self._paths = paths
        self._recorded = {(vendor, kind) for vendor, kind, _ in rebuilt.records}
        self._seen: set[Record] = set()
        self._ids: set[tuple[str, str]] = set()
        self._counted: Counter[tuple[str, str, str]] = Counter()

    def row(self, values: Sequence[Any]) -> Iterator[Difference]:
        """Yield the differences between a row and the ledger; `values` are in the order of `COLUMNS`."""
        vendor, kind, id_, status, state, created_at, parent, summary, document = values
        self._counted[vendor, kind, status] += 1
        self._seen.add((vendor, kind, id_))
        self._ids.add((vendor, id_))
        found = None
        for name, raw in (("summary", summary), ("document", document)):
            try:
                found = orjson.loads(raw)
            except ValueError:
                yield _row(vendor, kind, id_, f"its {name} is not JSON")
        known = self._rebuilt.records.get((vendor, kind, id_))
        if known is None:
            if (vendor, kind) in self._recorded or kind == "return":
                yield _row(vendor, kind, id_, "the ledger has no event that creates it")
            return
        if status != known.status:
            yield _row(
                vendor, kind, id_, f"its status is {status!r}, but event {known.event} says {known.status!r}"
            )
        if known.created_at != created_at:
            yield _row(vendor, kind, id_, "its time of creation is not that of the event that creates it")
        if kind == "return":
            yield from self._return(vendor, id_, state, known, found)
        elif known.owner and parent != known.owner:
            yield _row(vendor, kind, id_, f"it belongs to {parent!r}, but the ledger says {known.owner!r}")

    def _return(self, vendor: str, id_: str, state: str, known: State, document: Any) -> Iterator[Difference]:
        if state != known.state:
            message = f"its neutral state is {state!r}, but event {known.event} says {known.state!r}"
            yield _row(vendor, "return", id_, message)
        shown = document
        for name in self._paths[vendor]:
            shown = shown.get(name) if isinstance(shown, dict) else None
        if shown != known.status:
            message = (
                f"its document shows the status {shown!r}, but event {known.event} says {known.status!r}"
            )
            yield _row(vendor, "return", id_, message)

    def missing(self) -> Iterator[Difference]:
        """Yield a difference for each record in the ledger that has no row; call this after all rows."""
        for (vendor, kind, id_), known in self._rebuilt.records.items():
            if (vendor, kind, id_) not in self._seen:
                yield _row(
                    vendor, kind, id_, f"it is missing; event {known.event} says that it is {known.status!r}"
                )
        for (vendor, receipt), owner in self._rebuilt.receipts.items():
            if (vendor, "receipt", receipt) not in self._seen:
                yield _row(
                    vendor, "receipt", receipt, f"it is missing; the ledger says that {owner} was received"
                )

    def counters(self, totals: Mapping[tuple[str, str, str], int]) -> Iterator[Difference]:
        """Yield a difference for each stored counter that does not equal the number of rows.

        `totals` is keyed by vendor, kind and status.
        """
        for key in sorted({*totals, *self._counted}):
            vendor, kind, status = key
            total, rows = totals.get(key, 0), self._counted[key]
            if total != rows:
                what = f"{vendor} {kind} rows" + (f" with the status {status!r}" if status else "")
                message = f"The counter of {what} is {total}, but there are {rows}."
                yield Difference("counter", vendor, "", message)

    def step(self, vendor: str, subject: str, step: str) -> Iterator[Difference]:
        """Yield a difference if the record of a scheduled step does not exist."""
        if (vendor, subject) not in self._ids:
            message = f"The step {step} of {vendor} is scheduled for {subject}, which does not exist."
            yield Difference("step", vendor, subject, message)

    def delivery(self, id_: int, vendor: str, state: str, due: int | None) -> Iterator[Difference]:
        """Yield a difference if a waiting delivery has no next attempt, or if any other delivery has one."""
        if (state == "waiting") != (due is not None):
            ending = "a next attempt" if due is not None else "no next attempt"
            yield Difference(
                "delivery", vendor, str(id_), f"The delivery {id_} is {state!r} and has {ending}."
            )


def _row(vendor: str, kind: str, id_: str, message: str) -> Difference:
    return Difference("row", vendor, id_, f"The {kind} {id_} of {vendor}: {message}.")
