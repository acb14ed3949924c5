"""Actions, run: writes that are sent once, looked for when no answer came, and never blindly repeated.

What was certainly not done (no connection was made, or the vendor asked for fewer requests) the client
sends again by itself. Here are the writes that were sent and not answered: a vendor that is merely slow may
still do them, so not finding the effect proves nothing, and sending again could do it twice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.errors import ConnectorError, NotFound, OutcomeUnknown
from connector.runtime.attribution import attributed
from connector.runtime.compare import was_sent
from connector.runtime.inputs import fill
from connector.transport.times import moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connector.definition.model import Action, Finding
    from connector.runtime.inputs import FilledInputs
    from connector.transport.client import Client

ATTEMPTS = 3
LOOKS = (1.0, 3.0, 6.0)
LOOK_PAGES = 10
LONGEST_LOOK = timedelta(seconds=60)
LOOK_FIRST = "look before you send it again."
TOLERANCE = timedelta(seconds=2)


class BoundAction:
    """An action of one connection: `await action(order_number="#1001", …)` returns the record."""

    def __init__(self, client: Client, action: Action) -> None:
        self.action = action
        self._client = client

    @attributed
    async def __call__(self, **inputs: Any) -> dict[str, Any]:
        """Run the action with inputs by key; those that are None or "" are left out.

        Raises `ValidationFailed` before anything is sent when an input is wrong, `OutcomeUnknown` (with what
        was sent) when no answer came and the effect was not found, and the other errors of the tree as the
        vendor answers.
        """
        filled = fill(self.action.key, self.action.inputs, inputs)
        operation = self._client.integration.operations[self.action.operation]
        started = self._client.clock()
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = await self._client.call(operation, filled.values)
            except OutcomeUnknown as lost:
                if self.action.after_timeout == "find":
                    return await self._look(filled, started, lost)
                if self.action.after_timeout == "ask" or attempt == ATTEMPTS:
                    raise
                await self._client.sleep(LOOKS[attempt - 1])
                continue
            data: dict[str, Any] = answer.data
            return data

    async def _look(self, filled: FilledInputs, started: datetime, lost: OutcomeUnknown) -> dict[str, Any]:
        """Return the record that the lost write made; look a few times, for it may become visible late.

        A look reads a bounded number of pages, and all looks together take a bounded time: the vendor may
        ignore the filter and answer with all that it has.
        """
        finding = self.action.finding
        if finding is None:
            raise lost
        until = self._client.clock() + LONGEST_LOOK
        for wait in LOOKS:
            await self._client.sleep(wait)
            try:
                fit, whole = await self._fitting(finding, filled, started, until)
            except NotFound as gone:
                raise lost from gone
            except ConnectorError as problem:
                raise _unknown(lost, f"Looking for it failed too: {problem.message}") from problem
            if len(fit) > 1:
                raise _unknown(lost, f"There are {len(fit)} records like it, so looking could not tell.")
            if fit:
                return fit[0]
            if not whole:
                raise _unknown(
                    lost,
                    f"{finding.operation} lists more than is looked through, and what was read does not hold "
                    f"it; it may still be done. {LOOK_FIRST}",
                ) from lost
        raise _unknown(
            lost,
            f"For {sum(LOOKS):.0f} seconds nothing was found of it, but it may still be done; {LOOK_FIRST}",
        ) from lost

    async def _fitting(
        self, finding: Finding, filled: FilledInputs, started: datetime, until: datetime
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return the records that hold what was sent, and whether everything was read."""
        client = self._client
        operation = client.integration.operations[finding.operation]
        places = {**finding.query, **finding.path_values}
        values = {name: filled.inputs[key] for name, key in places.items() if key in filled.inputs}
        rows: list[Any] = []
        whole = True
        if operation.paging:
            read = 0
            async for page in client.pages(operation, values):
                rows.extend(page.rows)
                read += 1
                if page.next is not None and (read >= LOOK_PAGES or client.clock() >= until):
                    whole = False
                    break
        else:
            data = (await client.call(operation, values)).data
            held = at_path(data, finding.records)
            rows = held if isinstance(held, list) else [held]
        since = client.vendor_time(started) - TOLERANCE
        found = [row for row in rows if isinstance(row, dict) and self._is_it(row, finding, filled, since)]
        return self._once(found), whole

    def _once(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return each record once: rows that are inserted meanwhile push others to the next page."""
        path = self._client.integration.resources[self.action.resource].id
        ids = [at_path(row, path) if path else None for row in rows]
        keys = [repr(row if one in (None, "") else one) for row, one in zip(rows, ids, strict=True)]
        return list(dict(zip(keys, rows, strict=True)).values())

    def _is_it(self, row: Mapping[str, Any], finding: Finding, filled: FilledInputs, since: datetime) -> bool:
        try:
            late_enough = moment(at_path(row, finding.created)) >= since
        except ValueError:
            return False
        fields = {one.key: one for one in self.action.inputs}
        return late_enough and all(
            was_sent(fields[source[0]], source[1:], filled.inputs[source[0]], row, path)
            for path, source in finding.equal
            if source[0] in filled.inputs
        )


def _unknown(lost: OutcomeUnknown, sentence: str) -> OutcomeUnknown:
    """Return the error of a lost write with what looking for it brought."""
    return OutcomeUnknown(f"{lost.message} {sentence}", sent=lost.sent, operation=lost.operation)
