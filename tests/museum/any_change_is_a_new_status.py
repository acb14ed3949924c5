"""Every change of a record counts as a change of its status, so one status is delivered under several IDs."""

from dataclasses import replace
from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.runtime.polling import Strategy


def by_time_of_change(strategy: Strategy) -> Strategy:
    def fold(about: Any, source: Any, *rest: Any) -> Any:
        return strategy.fold(about, source.model_copy(update={"mark": ("date_updated",)}), *rest)

    return replace(strategy, fold=fold)


EXHIBIT = Exhibit(
    cited=("zapier/zapier-platform-cli#414", "allegro/allegro-api#10375"),
    vendor="swap",
    trigger="return_status_changed",
    caught_by="nothing_under_a_second_id",
    polling=Python(strategy=by_time_of_change),
)
