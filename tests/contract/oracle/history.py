"""What the ledger says of each return, as times and statuses; the oracle computes documents from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

Step = tuple[datetime, str]


@dataclass(frozen=True)
class Parcel:
    """A shipment: its ID, and the statuses that it went through, the first when it was created."""

    id: str
    steps: tuple[Step, ...]

    @property
    def status(self) -> str:
        return self.steps[-1][1]

    def reached(self, status: str) -> datetime | None:
        return next((at for at, to in self.steps if to == status), None)


@dataclass(frozen=True)
class History:
    """A return: its ID and number (1, 2, 3 …), the statuses that it went through, and everything else."""

    id: str
    number: int
    steps: tuple[Step, ...]
    parcels: tuple[Parcel, ...] = ()
    refunds: tuple[tuple[datetime, Mapping[str, Any]], ...] = ()
    others: tuple[tuple[datetime, str, Mapping[str, Any]], ...] = field(default=())

    @property
    def created_at(self) -> datetime:
        return self.steps[0][0]

    @property
    def status(self) -> str:
        return self.steps[-1][1]

    @property
    def moved_at(self) -> datetime:
        return self.steps[-1][0]

    @property
    def latest(self) -> datetime:
        """The time of the newest change of the return or of one of its parcels."""
        steps = [*self.steps, *(step for parcel in self.parcels for step in parcel.steps)]
        return max([at for at, _ in steps] + [at for at, *_ in self.others])

    def reached(self, status: str) -> datetime | None:
        return next((at for at, to in self.steps if to == status), None)

    def until(self, at: datetime) -> "History":
        """Return the history as it was at a moment, after the changes of that moment."""
        parcels = tuple(
            replace(one, steps=tuple(step for step in one.steps if step[0] <= at))
            for one in self.parcels
            if one.steps[0][0] <= at
        )
        return replace(
            self,
            steps=tuple(step for step in self.steps if step[0] <= at),
            parcels=parcels,
            refunds=tuple(one for one in self.refunds if one[0] <= at),
            others=tuple(one for one in self.others if one[0] <= at),
        )


def histories(events: Sequence[Mapping[str, Any]]) -> dict[str, History]:
    """Read the ledger's events (as the control plane lists them); keyed by the ID of the return."""
    found: dict[str, History] = {}
    owners: dict[str, str] = {}
    for event in events:
        kind, subject, body = event["kind"], event["subject"], event["body"]
        at = datetime.fromisoformat(event["at"])
        owner = body.get("return") or owners.get(subject) or subject
        if kind == "return.created":
            found[subject] = History(subject, len(found) + 1, ((at, body["status"]),))
            continue
        if owner not in found:
            continue
        one = found[owner]
        if kind == "return.state_changed":
            found[owner] = replace(one, steps=(*one.steps, (at, body["to"])))
        elif kind == "shipment.created":
            owners[subject] = owner
            found[owner] = replace(one, parcels=(*one.parcels, Parcel(subject, ((at, body["status"]),))))
        elif kind == "shipment.state_changed":
            parcels = tuple(
                replace(parcel, steps=(*parcel.steps, (at, body["to"]))) if parcel.id == subject else parcel
                for parcel in one.parcels
            )
            found[owner] = replace(one, parcels=parcels)
        elif kind == "refund.issued":
            found[owner] = replace(one, refunds=(*one.refunds, (at, body)))
        else:
            found[owner] = replace(one, others=(*one.others, (at, kind, {**body, "subject": subject})))
    return found
