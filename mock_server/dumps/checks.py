"""Checks a dumped tenant for errors that the schema `TenantDump` cannot express."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from mock_server.engine.problem import FieldError
from mock_server.spelling import unknown

LEFT_OUT: Final = ("webhook",)
"""Kinds of rows that are not dumped, because they contain secrets."""
_SLICE: Final = 1_000
"""The number of entries to check in each slice."""
Switch = tuple[str, str, str]
"""The vendor, name and shop of a switch."""


def errors(
    dump: Mapping[str, Any], states: Mapping[str, Mapping[str, str]], switches: Collection[Switch]
) -> Iterator[FieldError | None]:
    """Yield the errors of a document that conforms to the schema `TenantDump`.

    Yields None after each slice of the work, so that the caller can let other requests run. `states` maps
    each vendor's statuses to their neutral states; `switches` contains all switches.
    """
    ids: set[tuple[str, str]] = set()
    yield from _row_errors(dump["rows"], states, ids)
    for part in ("events", "steps"):
        for place, entry in enumerate(dump[part]):
            if place % _SLICE == 0:
                yield None
            if entry["vendor"] not in states:
                yield FieldError(f"{part}[{place}].vendor", unknown("vendor", entry["vendor"], states))
            elif part == "steps" and (entry["vendor"], entry["subject"]) not in ids:
                yield FieldError(f"{part}[{place}].subject", f"no row of {entry['vendor']} has this ID")
    for place, switch in enumerate(dump["switches"]):
        if (switch["vendor"], switch["name"], switch["shop"]) not in switches:
            yield FieldError(f"switches[{place}]", "this sandbox has no such switch")


def _row_errors(
    rows: list[Mapping[str, Any]], states: Mapping[str, Mapping[str, str]], ids: set[tuple[str, str]]
) -> Iterator[FieldError | None]:
    """Yield the errors of the rows, and None after each slice; add each row's vendor and ID to `ids`."""
    seen: set[tuple[str, str, str]] = set()
    for place, row in enumerate(rows):
        if place % _SLICE == 0:
            yield None
        at, vendor, kind = f"rows[{place}]", row["vendor"], row["kind"]
        if vendor not in states:
            yield FieldError(f"{at}.vendor", unknown("vendor", vendor, states))
            continue
        if (vendor, kind, row["id"]) in seen:
            yield FieldError(f"{at}.id", f"there is another {kind} of {vendor} with this ID")
        seen.add((vendor, kind, row["id"]))
        ids.add((vendor, row["id"]))
        if kind in LEFT_OUT:
            yield FieldError(f"{at}.kind", f"a {kind} cannot be imported; register it again")
        if kind == "return":
            yield from _return_errors(at, row, states[vendor])


def _return_errors(at: str, row: Mapping[str, Any], states: Mapping[str, str]) -> Iterator[FieldError]:
    status = row.get("status", "")
    if status not in states:
        yield FieldError(f"{at}.status", f"must be one of {', '.join(states)}")
    elif row.get("state", "") != states[status]:
        yield FieldError(f"{at}.state", f"must be {states[status]!r} if the status is {status!r}")
