"""An outdated page from a cache is believed, so a return goes back to a status that it has left."""

from dataclasses import replace
from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.runtime.polling import Strategy


def without_versions(strategy: Strategy) -> Strategy:
    def fold(about: Any, source: Any, cursor: Any, *rest: Any) -> Any:
        rows = {key: [-1, *entry[1:]] for key, entry in (cursor or {"rows": {}})["rows"].items()}
        return strategy.fold(about, source, cursor and {**cursor, "rows": rows}, *rest)

    return replace(strategy, fold=fold)


EXHIBIT = Exhibit(
    cited=("openlinker-project/openlinker#2656",),
    vendor="exsited",
    trigger="return_status_changed",
    caught_by="nothing_revived",
    polling=Python(strategy=without_versions),
)
