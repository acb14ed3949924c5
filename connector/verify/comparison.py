"""Compares all responses for one account with the specification, and collects the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.responses import matching
from connector.transport.answers import CLIENT_ERROR
from connector.verify.recorder import NO_BODY
from connector.verify.records import path_parameters
from connector.verify.report import TITLES, Confirmed, Difference
from connector.verify.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connector.definition.model import Integration, Provenance
    from connector.verify.plan import Plan
    from connector.verify.recorder import Exchange
    from connector.verify.report import Kind

COMMON_TYPES = ("application/json", "application/problem+json", "application/xml", "application/pdf")
COMMON_TEXTS = ("text/html", "text/plain", "text/xml", "application/octet-stream")


class Comparison:
    """Collects the differences from the specification, and the parts that the account confirms.

    `compared` lists the operationIds for which a successful response has been compared.
    """

    def __init__(self, integration: Integration, plan: Plan) -> None:
        self._integration = integration
        self._plan = plan
        self._shapes: dict[tuple[str, int], Shape] = {}
        self._found: set[Difference] = set()
        self._parameters: set[Confirmed] = set()
        self._unrefused: list[str] = []
        self.compared: list[str] = []
        unified = integration.unified
        words = [*unified.statuses, *unified.shipment_statuses] if unified else []
        self._words = frozenset(words)

    def add(self, exchange: Exchange) -> None:
        """Compare a response with the one that the specification documents for its operation and status."""
        operation, status = exchange.operation.id, exchange.status
        response = matching(dict(self._plan.responses[operation]), status)
        if exchange.succeeded and operation not in self.compared:
            self.compared.append(operation)
        if response is None:
            known = ", ".join(self._plan.responses[operation])
            self._differ(
                exchange, "undocumented_status", f"documented are {known}", exchange.operation.provenance
            )
            return
        same_type = not response.media_type or _same_type(response.media_type, exchange.media_type)
        if not same_type:
            detail = f"{_shown_type(exchange.media_type)}, not {response.media_type}"
            self._differ(exchange, "other_media_type", detail, response.provenance)
        if response.body is None:
            if same_type:
                self._shapes.setdefault((operation, status), Shape())
            return
        if exchange.body is NO_BODY:
            if same_type:
                self._differ(exchange, "other_type", "a body that is not JSON", response.provenance)
            return
        shape = self._shapes.setdefault((operation, status), Shape())
        shape.compare(exchange.body, response.body, words=self._words if exchange.succeeded else frozenset())

    def add_paging(self, differences: Iterable[Difference], confirmed: Iterable[Confirmed]) -> None:
        """Add the differences and the confirmed parameters that `PageChecks.run` returned for a list."""
        self._found.update(differences)
        self._parameters.update(confirmed)

    def add_refusal(self, exchange: Exchange) -> None:
        """Compare the response to a request that the vendor should refuse.

        If the vendor accepts the request, this is only mentioned in `notes`.
        """
        if exchange.succeeded:
            self._unrefused.append(exchange.operation.id)
        else:
            self.add(exchange)

    def add_write(self, exchange: Exchange, inputs: Iterable[str]) -> None:
        """Compare the response to a write; if the write succeeded, the fields in `inputs` are confirmed."""
        self.add(exchange)
        fields = exchange.operation.body.children if exchange.operation.body else ()
        if exchange.succeeded:
            sent = [field for field in fields if field.key in inputs]
            self._parameters.update(
                Confirmed(exchange.operation.id, "input", field.key, field.provenance) for field in sent
            )

    def differences(self) -> tuple[Difference, ...]:
        """Return all differences, in the order in which the report lists their kinds."""
        found = [*self._found]
        for (operation, status), shape in self._shapes.items():
            success = status < CLIENT_ERROR
            for mismatch, seen in shape.mismatches.items():
                kind = mismatch.kind if success else "other_error"
                detail = mismatch.detail if success else f"{_LEADS[mismatch.kind]}{mismatch.detail}"
                of = shape.visits[mismatch.around]
                found.append(
                    Difference(kind, operation, status, mismatch.place, detail, mismatch.provenance, seen, of)
                )
        order = list(TITLES)
        return tuple(sorted(found, key=lambda one: (order.index(one.kind), one)))

    def confirmations(self) -> tuple[Confirmed, ...]:
        """Return the parts of the specification that a response confirms and no response contradicts."""
        found = set(self._parameters)
        for (name, status), shape in self._shapes.items():
            operation = self._integration.operations[name]
            if status >= CLIENT_ERROR or status != operation.status:
                continue
            found.add(Confirmed(name, "operation", "", operation.provenance))
            found.update(
                Confirmed(name, "parameter", one, _provenance(self._integration, name, one))
                for one in path_parameters(operation)
            )
            found.update(
                Confirmed(name, "field", place, provenance)
                for place, provenance in shape.confirmed.items()
                if place and not place.endswith("[]") and place not in shape.refuted
            )
        return tuple(sorted(found))

    def notes(self) -> tuple[str, ...]:
        """Return sentences about observations that do not contradict the specification.

        These are requests that the vendor accepts although the specification expects a refusal, and values
        that are not in a field's list of known values, if the field may have other values.
        """
        notes = [
            f"{operation} accepts a request that the specification says is refused, so no error was compared."
            for operation in self._unrefused
        ]
        for (operation, _), shape in self._shapes.items():
            notes += [
                f"{operation}: {place} has values besides the known ones, as the specification allows."
                for place in shape.open_values
            ]
        return tuple(notes)

    def _differ(self, exchange: Exchange, kind: Kind, detail: str, provenance: Provenance) -> None:
        kind = kind if exchange.succeeded or kind == "undocumented_status" else "other_error"
        self._found.add(Difference(kind, exchange.operation.id, exchange.status, "", detail, provenance))


_LEADS = {
    "undocumented_field": "undocumented field, ",
    "missing_field": "missing, ",
    "other_type": "",
    "new_value": "new value, ",
}


def _same_type(documented: str, found: str) -> bool:
    return documented == found or (documented.endswith("json") and found.endswith(("/json", "+json")))


def _shown_type(media_type: str) -> str:
    """Return a media type if it is common, otherwise a phrase; a header can contain any text."""
    if not media_type:
        return "no content type"
    return media_type if media_type in (*COMMON_TYPES, *COMMON_TEXTS) else "another content type"


def _provenance(integration: Integration, operation: str, parameter: str) -> Provenance:
    known = integration.operations[operation].parameter(parameter)
    return known.field.provenance if known else integration.operations[operation].provenance
