"""Lists what will happen to a tenant next: scheduled steps and webhook deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mock_server.forecast.rehearsal import Observer, rehearsal
from mock_server.forecast.sentences import explain
from mock_server.forecast.steps import next_step_of, owner_of
from mock_server.store import Change, Row, Step
from mock_server.vendors import Vendor
from mock_server.webhooks.outbox import Delivery
from mock_server.world import World

Kind = Literal["step", "webhook"]


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A step or a webhook delivery that becomes due at the tenant's time `due` (µs).

    `what` is the name of the step, or of the event that a webhook reports. `subject` is the ID of the record
    that the step is about, or of the webhook. `return_id` is the ID of the return, or None if it is unknown.
    `status` is the return's new status at the vendor, or None if the status does not change. `sentence`
    describes what will happen. `error` explains why the step will fail, or is None.
    """

    due: int
    kind: Kind
    vendor: str
    what: str
    subject: str
    return_id: str | None
    status: str | None
    sentence: str
    error: str | None = None


def upcoming(
    world: World, vendors: Mapping[str, Vendor], tenant: str, *, served: tuple[str, ...], limit: int
) -> list[Upcoming]:
    """List the next `limit` steps and webhook deliveries at the vendors `served`, earliest first."""
    deliveries = [one for one in world.outbox.waiting(tenant, limit) if one.vendor in served]
    steps = _steps(world, vendors, tenant, served, limit)
    attempts = [_attempt(delivery) for delivery in deliveries]
    return sorted([*attempts, *steps], key=lambda entry: entry.due)[:limit]


def upcoming_of(world: World, vendor: Vendor, row: Row, *, limit: int) -> list[Upcoming]:
    """List the next `limit` scheduled steps of a return and its parts, earliest first."""
    entries: list[Upcoming] = []
    with rehearsal(world.store) as change:
        rehearse = _Rehearse(world, row.tenant)
        while len(entries) < limit and (step := next_step_of(world.store, row)):
            entries.append(rehearse.step(change, vendor, step))
    return entries


def _steps(
    world: World, vendors: Mapping[str, Vendor], tenant: str, served: tuple[str, ...], limit: int
) -> list[Upcoming]:
    entries: list[Upcoming] = []
    with rehearsal(world.store) as change:
        rehearse = _Rehearse(world, tenant)
        while len(entries) < limit and (step := world.store.next_step(tenant, served)):
            entries.append(rehearse.step(change, vendors[step.vendor], step))
    return entries


class _Rehearse:
    """Runs and describes one tenant's steps, one after the other, inside a rehearsal."""

    def __init__(self, world: World, tenant: str) -> None:
        self._world = world
        self._observer = Observer(world, tenant)

    def step(self, change: Change, vendor: Vendor, step: Step) -> Upcoming:
        """Run and delete a step while the tenant's clock shows its due time; return a description of it."""
        opening = vendor.explain_step(step)
        before = owner_of(self._world.store, step)
        error = self._world.clocks.rehearse(change, step)
        effects = self._observer.effects()
        if error:
            sentence, status = f"{opening}; this fails: {error.rstrip('.')}.", None
        else:
            after = before and self._world.store.row(step.tenant, step.vendor, "return", before.id)
            status = after.status if before and after and after.status != before.status else None
            sentence = explain(effects, return_id=before.id if before else "", opening=opening)
        return Upcoming(
            due=step.due,
            kind="step",
            vendor=step.vendor,
            what=step.step,
            subject=step.subject,
            return_id=before.id if before else None,
            status=status,
            sentence=sentence,
            error=error or None,
        )


def _attempt(delivery: Delivery) -> Upcoming:
    previous = (
        f"; attempt {delivery.attempts} ended with: {delivery.outcome.rstrip('.')}"
        if delivery.attempts
        else ""
    )
    return Upcoming(
        due=delivery.due or delivery.at,
        kind="webhook",
        vendor=delivery.vendor,
        what=delivery.event,
        subject=delivery.webhook,
        return_id=delivery.return_id or None,
        status=None,
        sentence=f"{delivery.event} is sent to {delivery.address}{previous}.",
    )
