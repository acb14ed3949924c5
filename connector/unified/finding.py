"""Searches returns on several connections at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.errors import ConfigurationError, ConnectorError, as_connector_error
from connector.unified.mapping import unified_return
from connector.unified.offers import WORDS, search_offer, search_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import SharedSearch
    from connector.runtime.connection import Connection
    from connector.unified.model import UnifiedReturn

LIMIT = 100


@dataclass(frozen=True, slots=True)
class FindAllResult:
    """The result of `find_all`; each field is a mapping keyed by the connections' names.

    `returns` contains the returns that each connection found, and () if it found none. `failed` contains
    errors, and `skipped` why a connection was not searched, as the rest of a sentence that begins with its
    name. `limits` contains sentences about what a search can miss.

        result = await find_all({"shop": rm, "outlet": swap}, order_number="#1001")
        for name, returns in result.returns.items():
            for found in returns:
                print(name, found.number, found.status)
    """

    returns: Mapping[str, tuple[UnifiedReturn, ...]]
    failed: Mapping[str, ConnectorError]
    skipped: Mapping[str, str]
    limits: Mapping[str, tuple[str, ...]]


async def find_all(
    connections: Mapping[str, Connection],
    *,
    order_number: str | None = None,
    number: str | None = None,
    customer_email: str | None = None,
    limit: int = LIMIT,
    include_assumed: bool = False,
) -> FindAllResult:
    """Search each connection concurrently for returns of an order, by their number, or of a customer.

    Pass exactly one of `order_number` ("#1001", as the shop writes it), `number` (the return's number or,
    where the vendor has no numbers, its ID) and `customer_email`. Each connection returns at most `limit`
    returns. A search whose request is only assumed to exist runs only if `include_assumed` is true.

    If a connection fails, its error is not raised but added to `FindAllResult.failed`. Raises
    `ConfigurationError` if not exactly one value is given.
    """
    given: dict[SharedSearch, str | None] = {
        "order_number": order_number,
        "number": number,
        "customer_email": customer_email,
    }
    values = [(by, value) for by, value in given.items() if value is not None]
    if len(values) != 1:
        raise ConfigurationError(f"Search by one of {', '.join(given)}; {len(values)} are given.")
    ((by, value),) = values
    skipped: dict[str, str] = {}
    limits: dict[str, tuple[str, ...]] = {}
    for name, connection in connections.items():
        offer = search_offer(connection.integration, by)
        if offer.key is None:
            skipped[name] = offer.why
        elif offer.assumed and not include_assumed:
            skipped[name] = f"has a search for returns by {WORDS[by]}, which is only assumed"
        elif offer.limits:
            limits[name] = offer.limits
    names = [name for name in connections if name not in skipped]
    answers = await asyncio.gather(*(_found(connections[name], by, value, limit) for name in names))
    pairs = dict(zip(names, answers, strict=True))
    return FindAllResult(
        returns={name: found for name, found in pairs.items() if not isinstance(found, ConnectorError)},
        failed={name: found for name, found in pairs.items() if isinstance(found, ConnectorError)},
        skipped=skipped,
        limits=limits,
    )


async def _found(
    connection: Connection, by: SharedSearch, value: str, limit: int
) -> tuple[UnifiedReturn, ...] | ConnectorError:
    """Search one connection; return an error instead of raising it, so that the others can finish."""
    made = connection.integration
    table = search_table(made, by)
    assert table is not None  # noqa: S101 - a connection without such a search is skipped
    inputs: dict[str, Any] = {table.input: value}
    try:
        rows = await connection.searches[table.search](limit=limit, **inputs)
        resource = made.searches[table.search].resource
        if details := table.details:
            resource, search = made.searches[details.search].resource, connection.searches[details.search]
            rows = [one for row in rows for one in await search(**{details.input: at_path(row, details.id)})]
        found = (unified_return(made, resource, row) for row in rows)
        return tuple(one for one in found if one is not None)
    except Exception as problem:  # noqa: BLE001 - connections are independent of each other
        return as_connector_error(problem)
