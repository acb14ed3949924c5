"""The first page is taken for the whole list, so all but the first rows of a busy interval are lost."""

from dataclasses import replace

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.runtime.polling import Fetch, ReadPlan, ReadResult, Strategy, read_pages


def reads_one_page(strategy: Strategy) -> Strategy:
    async def read(fetch: Fetch, reading: ReadPlan) -> ReadResult:
        return replace(await read_pages(fetch, replace(reading, pages=1)), complete=True)

    return replace(strategy, read=read)


EXHIBIT = Exhibit(
    cited=("workato/docs#362", "zapier/zapier-platform-cli#131"),
    vendor="returngo",
    trigger="return_status_changed",
    caught_by="nothing_lost",
    polling=Python(strategy=reads_one_page),
)
