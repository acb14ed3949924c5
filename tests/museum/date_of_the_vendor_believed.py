"""The watermark follows the vendor's `Date` header alone, so one wrong header moves it past all new rows."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.runtime.polling import ReadResult, Strategy


def trusts_the_vendor(strategy: Strategy) -> Strategy:
    def fold(about: Any, source: Any, cursor: Any, read: ReadResult, now: datetime, since: Any) -> Any:
        return strategy.fold(about, source, cursor, read, read.at or now, since)

    return replace(strategy, fold=fold)


EXHIBIT = Exhibit(
    cited=("mulesoft/mule#7051",),
    vendor="returngo",
    trigger="new_return",
    caught_by="nothing_lost",
    polling=Python(strategy=trusts_the_vendor),
)
