"""Runs actions, and determines whether a write that received no response was carried out.

A write that certainly had no effect, because no connection was made or the response was 429, is repeated by
`Client`. This module handles writes that were sent and received no response. It searches for the record that
the write may have created, and raises `OutcomeUnknown` if the record cannot be identified. A slow vendor may
still carry out such a write. A search that finds nothing therefore does not prove that the write failed, and
sending the write again could apply it twice. RFC 9110 section 9.2.2 says not to repeat a request that is not
idempotent unless the client can detect that the request was never applied.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from connector.definition.action_guarantees import MOST_SENDS
from connector.definition.paths import at_path
from connector.definition.samples import merged
from connector.errors import ConnectorError, NotFound, OutcomeUnknown
from connector.runtime.compare import holds, was_sent
from connector.runtime.descriptions import LazySignature, shown
from connector.runtime.error_context import attributed
from connector.runtime.inputs import fill
from connector.runtime.lines import send_lines
from connector.transport.retries import LOOK_PAUSES
from connector.transport.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import Action, Finding
    from connector.runtime.inputs import FilledInputs
    from connector.transport.client import Client

MAX_LOOK_PAGES = 10
MAX_LOOK_TIME = timedelta(seconds=60)
CHECK_FIRST = "check before you send it again."
TOLERANCE = timedelta(seconds=2)
"""A record created at most this long before the request can still be the one that the request created.

The vendor's clock is known only to the second, because `Date` headers omit fractions of a second.
"""
REMEMBERED = 2 * TOLERANCE


class BoundAction:
    """An action bound to a connection: `await action(order_number="#1001", …)` runs the action."""

    __signature__ = LazySignature("action")

    def __init__(self, client: Client, action: Action) -> None:
        self.action = action
        self.preview = action.preview
        self._client = client
        self._returned: dict[str, datetime] = {}
        """The time at which a call last returned a record, keyed by the record's ID (see `_id`)."""

    def __repr__(self) -> str:
        return shown("Action", self._client.integration.vendor.title, self.action)

    @attributed
    async def __call__(self, **inputs: Any) -> dict[str, Any]:
        """Run the action with inputs keyed by name, and return the vendor's record.

            created = await rm.actions["create_return"](order_number="#1001", items=[…])

        Inputs that are None or "" are not sent. Raises `ValidationFailed` for invalid inputs, before anything
        is sent; `OutcomeUnknown`, with the request in `sent`, if no response arrived and it is unclear
        whether the write was carried out; `PartlyDone` if the action sends a request for each line, and only
        some lines were written; and any other `ConnectorError` if the vendor rejects the request or the
        request fails.
        """
        filled = fill(self.action.key, self.action.inputs, inputs)
        values = merged(self.action.constant_body, filled.values)
        if self.action.each:
            return await send_lines(self.action.each, values, partial(self._write, filled))
        return await self._write(filled, values)

    async def _write(self, filled: FilledInputs, values: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request, and return the record; find out what happened if there is no response."""
        operation = self._client.integration.operations[self.action.operation]
        started = self._client.clock()
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = await self._client.call(operation, values)
            except OutcomeUnknown as lost:
                if self.action.after_timeout == "find":
                    return self._remembered(await self._look(filled, started, lost))
                if self.action.after_timeout == "ask" or attempt == MOST_SENDS:
                    raise
                await self._client.sleep(LOOK_PAUSES[attempt - 1])
                continue
            data: dict[str, Any] = answer.data
            return self._remembered(data)

    async def _look(self, filled: FilledInputs, started: datetime, lost: OutcomeUnknown) -> dict[str, Any]:
        """Search for the record that a write without a response may have created, and return that record.

        The search is repeated, because the record may appear late. The number of pages and the time are
        limited, because a vendor that ignores the filter returns all its records. Raises `OutcomeUnknown` if
        no record matches, and also if several records match, because the write may have created any of them.
        """
        finding = self.action.finding
        if finding is None:
            raise lost
        until = self._client.clock() + MAX_LOOK_TIME
        for wait in LOOK_PAUSES:
            await self._client.sleep(wait)
            try:
                matches, read_all = await self._matching(finding, filled, started, until)
            except NotFound as gone:
                raise lost from gone
            except ConnectorError as problem:
                raise _unknown(lost, f"Looking for it failed too: {problem.message}") from problem
            if len(matches) > 1:
                raise _unknown(
                    lost,
                    f"There are {len(matches)} matching records, so it is unclear which of them was created.",
                )
            if matches:
                return matches[0]
            if not read_all:
                raise _unknown(
                    lost,
                    f"{finding.operation} has too many pages to read them all, and the first ones do not "
                    f"contain it; it may still be done: {CHECK_FIRST}",
                ) from lost
        raise _unknown(
            lost,
            f"It was not found within {sum(LOOK_PAUSES):.0f} seconds, but it may still be done: "
            f"{CHECK_FIRST}",
        ) from lost

    async def _matching(
        self, finding: Finding, filled: FilledInputs, started: datetime, until: datetime
    ) -> tuple[list[dict[str, Any]], bool]:
        """Find the records that match the sent values; also return whether the whole list was read.

        `started` is the time at which the write was sent. Reading stops at the first page received after
        `until`.
        """
        client = self._client
        operation = client.integration.operations[finding.operation]
        places = {**finding.query, **finding.path_values}
        values = {name: filled.inputs[key] for name, key in places.items() if key in filled.inputs}
        rows: list[Any] = []
        read_all = True
        if operation.paging:
            read = 0
            async for page in client.pages(operation, values):
                rows.extend(page.rows)
                read += 1
                if page.next is not None and (read >= MAX_LOOK_PAGES or client.clock() >= until):
                    read_all = False
                    break
        else:
            data = (await client.call(operation, values)).data
            records = at_path(data, finding.records)
            rows = records if isinstance(records, list) else [records]
        # Creation times use the vendor's clock. An equal record that is older was not created by this write.
        since = client.vendor_time(started) - TOLERANCE
        matches = [row for row in rows if isinstance(row, dict) and self._is_it(row, finding, filled, since)]
        if self._creates(finding):  # an equal record that an earlier call returned is not the new record
            matches = [row for row in matches if not self._was_returned(row, started)]
        return self._distinct(matches), read_all

    def _creates(self, finding: Finding) -> bool:
        """Return True if the write creates a record, False if it changes one that an input identifies."""
        path = self._client.integration.resources[self.action.resource].id
        return bool(path) and path not in {stored for stored, _source in finding.equal}

    def _id(self, row: Mapping[str, Any]) -> str:
        path = self._client.integration.resources[self.action.resource].id
        id_ = at_path(row, path) if path else None
        return "" if id_ in (None, "") else repr(id_)

    def _was_returned(self, row: Mapping[str, Any], started: datetime) -> bool:
        """Return True if a call that ended before `started` has already returned the record `row`."""
        at = self._returned.get(self._id(row))
        return at is not None and at <= started

    def _remembered(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a record, and remember for a few seconds that it was returned.

        A later call that searches for its own record can therefore skip this one.
        """
        now = self._client.clock()
        recent = {id_: at for id_, at in self._returned.items() if at >= now - REMEMBERED}
        self._returned = {**recent, self._id(row): now}
        return row

    def _distinct(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Remove rows that occur twice because new rows moved them to the next page."""
        keys = [self._id(row) or repr(row) for row in rows]
        return list(dict(zip(keys, rows, strict=True)).values())

    def _is_it(self, row: Mapping[str, Any], finding: Finding, filled: FilledInputs, since: datetime) -> bool:
        """Return True if a record has the values that were sent and was created at `since` or later."""
        try:
            late_enough = parse_time(at_path(row, finding.created)) >= since
        except ValueError:
            return False
        fields = {field.key: field for field in self.action.inputs}
        if not all(holds(at_path(row, path), value) for path, value in finding.constants):
            return False
        return late_enough and all(
            was_sent(fields[source[0]], source[1:], filled.inputs[source[0]], row, path)
            for path, source in finding.equal
            if source[0] in filled.inputs
        )


def _unknown(lost: OutcomeUnknown, sentence: str) -> OutcomeUnknown:
    """Copy an `OutcomeUnknown`, appending a sentence about the search to its message."""
    return OutcomeUnknown(f"{lost.message} {sentence}", sent=lost.sent, operation=lost.operation)
