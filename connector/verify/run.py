"""Reads an account, and compares every response with the specification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.model.api import JSON
from connector.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    ValidationFailed,
    VendorUnavailable,
)
from connector.verify.comparison import Comparison
from connector.verify.paging import LARGE, PageChecks, page_values
from connector.verify.plan import CANDIDATES, Plan
from connector.verify.recorder import CallsUsedUp, Recorder, silence
from connector.verify.records import Records, path_parameters
from connector.verify.refusals import refused_request
from connector.verify.report import Report, Skipped
from connector.verify.writes import NoValue, values

if TYPE_CHECKING:
    from connector.definition.model import Integration, Operation
    from connector.transport.client import Client
    from connector.verify.recorder import Exchange

SERVER_ERROR = 500
USED_UP = "The stated number of calls is used up; the rest was not compared."


class Verification:
    """The verification of one account; `report` contains the results so far.

    `limit` is the maximum number of requests. `record` is the ID of a test record for the plan's writes, or
    None to send no writes. `problem` is the error that ended the verification early, or None; its message
    contains no text from the vendor.
    """

    def __init__(self, client: Client, plan: Plan, limit: int, record: str | None = None) -> None:
        self._client = client
        self._integration = client.integration
        self._plan = plan
        self._record = record
        self._recorder = Recorder(client, limit)
        self._records = Records(self._integration)
        self._comparison = Comparison(self._integration, plan)
        self._filled: set[str] = set()
        self._skipped: dict[str, str] = {}
        self._stopped = ""
        self.problem: ConnectorError | None = None

    async def run(self) -> None:
        """Read the account, then send invalid requests, and then the writes if the user named a test record.

        Nothing is logged meanwhile. If an error ends the verification early, it is stored in `problem`.
        """
        with silence():
            try:
                await self._read()
                await self._provoke()
                if self._record is not None:
                    await self._write(self._record)
            except CallsUsedUp:
                self._stopped = USED_UP
            except ConnectorError as error:
                self.problem = without_values(error, self._integration)
            except Exception as error:  # noqa: BLE001 - its message could contain values of the account
                kind = type(error).__name__
                self.problem = ConnectorError(
                    f"A response could not be compared ({kind}); please report this fault."
                )
        if self.problem:
            self._stopped = self.problem.message

    @property
    def report(self) -> Report:
        """The differences, confirmed parts and skipped operations so far."""
        comparison = self._comparison
        called = [*self._plan.reads, *(self._plan.writes.operations if self._record is not None else ())]
        skipped = [
            Skipped(operation.id, self._reason(operation))
            for operation in called
            if operation.id not in comparison.compared
        ]
        return Report(
            vendor=self._integration.vendor.id,
            title=self._integration.vendor.title,
            profile=self._client.profile or "",
            calls=self._recorder.calls,
            limit=self._recorder.limit,
            compared=tuple(comparison.compared),
            differences=comparison.differences(),
            confirmed=comparison.confirmations(),
            skipped=tuple(skipped),
            notes=(*self._empty(), *comparison.notes()),
            stopped=self._stopped,
        )

    async def _read(self) -> None:
        """Call each of the plan's reads once earlier responses contain values for the IDs in its path."""
        waiting = list(self._plan.reads)
        while waiting:
            ready = [one for one in waiting if not path_parameters(one) or self._records.candidates(one, 1)]
            if not ready:
                return
            for operation in ready:
                waiting.remove(operation)
                await self._read_operation(operation)

    async def _read_operation(self, operation: Operation) -> None:
        paging = self._integration.paging.get(operation.paging or "")
        paged = page_values(paging, min(LARGE, paging.max_size)) if paging else {}
        longest: Exchange | None = None
        most = -1
        for known in self._records.candidates(operation, CANDIDATES) or [{}]:
            try:
                exchange = await self._compared(operation, {**known, **paged})
            except ValidationFailed as refusal:  # not sent
                self._skipped[operation.id] = _unfit(refusal)
                continue
            rows = self._records.add(exchange) if exchange.succeeded else -1
            if rows > 0:
                self._filled.add(operation.id)
            if rows > most:
                longest, most = exchange, rows
        if paging and longest is not None:
            checks = PageChecks(self._recorder, operation, paging, longest)
            self._comparison.add_paging(*await checks.run())

    async def _compared(self, operation: Operation, values: dict[str, Any]) -> Exchange:
        exchange = await self._recorder.ask(operation, values)
        if exchange.status >= SERVER_ERROR or isinstance(exchange.error, RateLimited | AuthenticationError):
            self._comparison.add(exchange)
            assert exchange.error is not None  # noqa: S101 - every status from 400 on raises an error
            raise exchange.error
        if isinstance(exchange.error, PermissionDenied):
            self._skipped[operation.id] = "The login does not allow it."
        elif isinstance(exchange.error, NotFound):
            self._skipped[operation.id] = "The record that an earlier response named was not found."
        elif not exchange.succeeded:
            self._skipped[operation.id] = f"The request was refused with status {exchange.status}."
        self._comparison.add(exchange)
        return exchange

    async def _provoke(self) -> None:
        """Send the requests that the vendor should refuse, and compare the error responses."""
        for status, operation in self._plan.refusals:
            known = next(iter(self._records.candidates(operation, 1)), {})
            relaxed, values = refused_request(self._integration, status, operation, known)
            exchange = await self._recorder.ask(relaxed, values)
            self._comparison.add_refusal(exchange)

    async def _write(self, record_id: str) -> None:
        """Read the test record `record_id`, and send the plan's writes with the record's current values."""
        plan = self._plan.writes
        if plan.reader is None:
            return
        (own,) = path_parameters(plan.reader)
        read = await self._recorder.ask(plan.reader, {own: record_id})
        if not read.succeeded:
            raise ConfigurationError(f"The test record {record_id} cannot be read (status {read.status}).")
        for operation in plan.operations:
            try:
                sent = values(operation, plan.reader, read.body, record_id)
            except NoValue as missing:
                self._skipped[operation.id] = f"The test record contains no value for {missing}."
                continue
            try:
                exchange = await self._recorder.ask(operation, sent)
            except ValidationFailed as refusal:  # not sent
                self._skipped[operation.id] = _unfit(refusal)
                continue
            self._comparison.add_write(exchange, sent)
            if exchange.status >= SERVER_ERROR and exchange.error:
                raise exchange.error
            if not exchange.succeeded:
                self._skipped[operation.id] = f"The write was refused with status {exchange.status}."

    def _empty(self) -> list[str]:
        """Return a sentence for each operation that responded successfully but returned no records."""
        return [
            f"{operation.id} returned no records, so its rows were not compared."
            for operation in self._plan.reads
            if operation.id in self._comparison.compared
            and operation.id not in self._filled
            and operation.media_type == JSON
        ]

    def _reason(self, operation: Operation) -> str:
        if operation.id in self._skipped:
            return self._skipped[operation.id]
        if self._stopped:
            return "It was not called."
        return f"No response contains a value for {' and '.join(path_parameters(operation))}."


def _unfit(refusal: ValidationFailed) -> str:
    """Explain why an invalid request was not sent; the sentence contains only the names of the inputs."""
    names = " and ".join(error.field for error in refusal.fields)
    return f"The account has no value for {names} that fits the specification."


def without_values(error: ConnectorError, integration: Integration) -> ConnectorError:
    """Replace an error's message by one that contains nothing that the vendor sent.

    The class of the error stays the same. An error without a status is returned unchanged, because its
    message contains no data of the account.
    """
    title, operation = integration.vendor.title, error.operation or "The request"
    if isinstance(error, OutcomeUnknown):
        known = integration.operations[error.sent["operation"]]
        message = f"{operation} was sent, but it is not known whether it was done; look at the test record."
        return OutcomeUnknown(message, sent={"method": known.method, "path": known.path}, operation=operation)
    if error.status is None and not isinstance(error, RateLimited):
        return error
    if isinstance(error, RateLimited):
        error.message = f"{title}'s rate limit is reached; run the command again later."
    elif isinstance(error, AuthenticationError):
        error.message = f"{title} refuses the login ({operation}, status {error.status})."
    elif isinstance(error, VendorUnavailable):
        error.message = f"{title} failed: {operation} was answered with status {error.status}."
    else:
        error.message = f"{operation} was answered with status {error.status}."
    error.args = (error.message,)
    error.__cause__ = error.__context__ = None
    return error
