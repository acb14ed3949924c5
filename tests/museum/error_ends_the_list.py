"""A page that fails is taken for the end of the list, so the watermark passes the rows that were not read."""

from dataclasses import replace
from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.errors import ConnectorError
from connector.runtime.polling import Fetch, Page, ReadPlan, ReadResult, Strategy, read_pages


def ends_at_an_error(strategy: Strategy) -> Strategy:
    async def read(fetch: Fetch, reading: ReadPlan) -> ReadResult:
        async def forgiving(query: Any, position: Any) -> Page:
            try:
                return await fetch(query, position)
            except ConnectorError:
                return Page(rows=(), next=None)

        return await read_pages(forgiving, reading)

    return replace(strategy, read=read)


EXHIBIT = Exhibit(
    cited=("pingdotgg/t3code#5921",),
    vendor="returngo",
    trigger="new_return",
    caught_by="nothing_lost",
    polling=Python(strategy=ends_at_an_error),
)
