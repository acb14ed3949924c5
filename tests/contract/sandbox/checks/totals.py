"""Reports: their totals are the sums of their parts, and those of the lists."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import schemathesis
from contract.sandbox.checks.exchange import Exchange, exchange
from contract.sandbox.lists import listings, whole
from schemathesis import Case, CheckContext, Response

import openapi

_TOTAL = "total_"
_COUNTS = ("count",)


@schemathesis.check
def reports_add_up(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Every `total_…` of an answer is the sum of each breakdown next to it, and percentages add up to 100."""
    found = exchange(case, response)
    if (
        found is None
        or not found.ok
        or found.operation is None
        or found.document.name == openapi.CONTROL_PLANE
    ):
        return
    for holder in _holders(found.body):
        for name, total in holder.items():
            if name.startswith(_TOTAL) and isinstance(total, int | float):
                for part, parts in _breakdowns(holder, name):
                    summed = sum(map(_exact, parts), Decimal(0))
                    assert summed == _exact(total), f"{name} is {total}, and {part} adds up to {summed}."
        _check_shares(holder)
        _check_list(found, holder)


def _holders(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        if any(name.startswith(_TOTAL) for name in value):
            yield value
        for member in value.values():
            if isinstance(member, dict):
                yield from _holders(member)


def _breakdowns(holder: Mapping[str, Any], name: str) -> Iterator[tuple[str, list[Any]]]:
    """Yield each breakdown of a total: a table of counts, or an array whose members have a part of it."""
    for part, value in holder.items():
        if isinstance(value, dict) and value and all(type(one) is int for one in value.values()):
            if type(holder[name]) is int:
                yield part, list(value.values())
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            same = (name, name.removeprefix(_TOTAL), *(_COUNTS if type(holder[name]) is int else ()))
            key = next((one for one in same if one in value[0]), None)
            if key is not None:
                yield part, [one[key] for one in value]


def _check_shares(holder: Mapping[str, Any]) -> None:
    for part, value in holder.items():
        if isinstance(value, list) and value and isinstance(value[0], dict) and "percentage" in value[0]:
            total = sum((_exact(one["percentage"]) for one in value), Decimal(0))
            assert abs(total - 100) < Decimal("0.01") * len(value), f"{part} adds up to {total} %."


def _check_list(found: Exchange, holder: Mapping[str, Any]) -> None:
    """Compare a total of a report without a period with the list of such records."""
    if "?" in str(found.response.request.url) or found.operation is None or found.operation.path_names:
        return
    for name, total in holder.items():
        records = name.removeprefix(_TOTAL)
        for listing in listings(found.document.name):
            if name.startswith(_TOTAL) and listing.operation.path == f"/{records}":
                rows = len(whole(found.served, listing, {}, ()))
                assert rows == total, f"{name} is {total}, and the list has {rows} rows."


def _exact(number: Any) -> Decimal:
    return Decimal(str(number))
