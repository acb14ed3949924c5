"""Converts the confirmed parts of a report to facts, which `returns generate --facts` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openapi
from connector.definition.facts import Facts, OperationFacts

if TYPE_CHECKING:
    from datetime import datetime

    from connector.verify.report import Part, Report


def facts(report: Report, now: datetime) -> Facts:
    """Build the facts from a report; `now` is the time of the verification."""
    names = sorted({one.operation for one in report.confirmed if one.part == "operation"})

    def places(operation: str, part: Part) -> tuple[str, ...]:
        return tuple(one.place for one in report.confirmed if (one.operation, one.part) == (operation, part))

    return Facts(
        vendor=report.vendor,
        specification=openapi.digest(report.vendor),
        verified_on=now.date().isoformat(),
        operations={
            name: OperationFacts(
                parameters=places(name, "parameter"),
                inputs=places(name, "input"),
                fields=places(name, "field"),
            )
            for name in names
        },
    )
