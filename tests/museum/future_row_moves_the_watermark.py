"""A row dated in the future moves the watermark past everything until then."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.runtime.polling import ReadResult, Strategy

YEAR = timedelta(days=365)


def trusts_every_row(strategy: Strategy) -> Strategy:
    def fold(about: Any, source: Any, cursor: Any, read: ReadResult, now: datetime, since: Any) -> Any:
        return strategy.fold(about, source, cursor, replace(read, at=None), now + YEAR, since)

    return replace(strategy, fold=fold)


EXHIBIT = Exhibit(
    cited=("elastic/integrations#20964", "airbytehq/airbyte#21500"),
    vendor="returnmate",
    trigger="new_return",
    caught_by="nothing_lost",
    polling=Python(strategy=trusts_every_row),
)
