"""The watermark has no overlap, so a row that appears after a newer one is never read."""

from dataclasses import replace
from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.runtime.polling import ReadPlan, Strategy


def without_overlap(strategy: Strategy) -> Strategy:
    def plan(source: Any, *rest: Any) -> ReadPlan:
        return strategy.plan(source.model_copy(update={"overlap": 0}), *rest)

    def fold(about: Any, source: Any, *rest: Any) -> Any:
        return strategy.fold(about, source.model_copy(update={"overlap": 0}), *rest)

    return replace(strategy, plan=plan, fold=fold)


EXHIBIT = Exhibit(
    cited=("activepieces/activepieces#14863", "airbytehq/airbyte#14732"),
    vendor="returnmate",
    trigger="new_return",
    caught_by="nothing_lost",
    polling=Python(strategy=without_overlap),
)
