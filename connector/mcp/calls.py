"""Runs tools: calls searches and actions, and returns shortened records, or errors as sentences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mcp_types import CallToolResult, TextContent

from connector.definition.spelling import unknown
from connector.errors import (
    ConfigurationError,
    ConnectorError,
    FieldError,
    OutcomeUnknown,
    UnknownKey,
    ValidationFailed,
    as_connector_error,
)
from connector.mcp.summaries import Records, as_data, summary
from connector.mcp.tools import FULL_RECORDS, LIMIT, PROFILE, USUAL_RECORDS, full_records_tool, offers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mcp_types import Tool

    from connector.definition.model import Field, Risk
    from connector.mcp.tools import Connections, Offer
    from connector.runtime.connection import Connection

ASK_FIRST = "Do not repeat the call before the user has checked it."


class Tools:
    """The tools for a set of connections.

    `connections` contains the connections, keyed by vendor ID and then by profile name. All searches are
    offered, and the actions whose risk is in `allowed`.
    """

    def __init__(self, connections: Connections, allowed: Collection[Risk]) -> None:
        self._connections = connections
        self._offers = offers(connections, allowed)
        self._records = Records()

    def listed(self) -> list[Tool]:
        """Return the description of each tool, in the order of the vendors' catalogs."""
        return [*(offer.tool for offer in self._offers.values()), full_records_tool()]

    async def call(self, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
        """Run the tool `name` with inputs keyed by name, and return its result.

        Errors are not raised: they are returned as results that state what is wrong and what to do.
        """
        try:
            return _result(await self._run(name, dict(arguments)))
        except ConnectorError as error:
            return _failure(error)
        except Exception as error:  # noqa: BLE001 - a fault of one tool must not end the server
            return _failure(as_connector_error(error))

    async def _run(self, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
        if name == FULL_RECORDS:
            return self._full(inputs)
        if name not in self._offers:
            raise UnknownKey(unknown("tool", name, [*self._offers, FULL_RECORDS]))
        offer = self._offers[name]
        connection = self._connection(offer, inputs)
        if offer.kind == "choices":
            return await _choices(connection, inputs)
        if offer.kind == "search":
            search = connection.searches[offer.key]
            limit = inputs.pop(LIMIT, USUAL_RECORDS)
            found = await search(limit=limit, **inputs)
            about = search.search
            rows = [self._short(connection, about.resource, about.fields, row) for row in found]
            full = len(rows) == limit
            note = {"note": f"There may be more: only {limit} were requested."} if full else {}
            return {"found": len(rows), "records": rows, **note}
        action = connection.actions[offer.key]
        record = await action(**inputs)
        return self._short(connection, action.action.resource, action.action.fields, record)

    def _connection(self, offer: Offer, inputs: dict[str, Any]) -> Connection:
        by_profile = self._connections[offer.integration.vendor.id]
        if len(offer.profiles) == 1:
            return by_profile[offer.profiles[0]]
        name = inputs.pop(PROFILE, None)
        if name not in by_profile:
            title = offer.integration.vendor.title
            raise ConfigurationError(unknown(f"profile of {title}", str(name), offer.profiles))
        return by_profile[name]

    def _short(
        self, connection: Connection, resource: str, fields: Sequence[Field], record: Any
    ) -> dict[str, Any]:
        """Shorten a record, and replace the connection's secrets in it.

        If parts of the record are left out, the whole record is stored, and the short form contains the name
        with which it can be requested.
        """
        clean = as_data(record, connection.client.secrets())
        short, whole = summary(connection.integration, resource, fields, clean)
        name = {} if whole else {"record": self._records.keep(clean)}
        return {**name, **as_data(short)}

    def _full(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        names = inputs.get("records")
        if not isinstance(names, list) or not names:
            raise _wrong_names("is required, as a list such as ['r12']")
        found = {str(name): self._records.get(str(name)) for name in names}
        if missing := [name for name, record in found.items() if record is None]:
            raise _wrong_names(f"names {', '.join(missing)}, which is not kept; run the search again")
        return {"records": found}


async def _choices(connection: Connection, inputs: Mapping[str, Any]) -> dict[str, Any]:
    dropdown = connection.dropdowns[str(inputs.get("list"))]
    page = await dropdown(page=inputs.get("page"), search=inputs.get("search"))
    options = [{"value": option.value, "label": option.label} for option in page.options]
    more = {} if page.next_page is None else {"next_page": page.next_page}
    return {"choices": as_data(options, connection.client.secrets()), **more}


def _wrong_names(problem: str) -> ValidationFailed:
    error = FieldError("records", problem)
    return ValidationFailed(f"{FULL_RECORDS} was not run: {error}.", fields=[error])


def _result(data: dict[str, Any]) -> CallToolResult:
    text = json.dumps(data, ensure_ascii=False)
    return CallToolResult(content=[TextContent(text=text)], structured_content=data)


def _failure(error: ConnectorError) -> CallToolResult:
    sentences = [str(error)]
    if isinstance(error, OutcomeUnknown):
        sent = error.sent
        sentences += [f"The request was: {sent.get('method')} {sent.get('path')}.", ASK_FIRST]
    return CallToolResult(content=[TextContent(text=" ".join(sentences))], is_error=True)
