"""Compares when each change was delivered first with the published bound, while nothing disturbs the hub."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from support.certificate.invariants import Outcome


@dataclass
class Lateness:
    """The times of the changes in the shop, and of what disturbed the hub.

    `outcome` says which states count. A change is noticed as soon as the story can see it, never too early.
    """

    outcome: Outcome
    seen: dict[str, list[str]] = field(default_factory=dict)
    times: dict[tuple[str, str], datetime] = field(default_factory=dict)
    disturbed_at: datetime | None = None

    def note(self, histories: dict[str, list[str]], now: datetime) -> None:
        """Note which states are new."""
        for record, states in histories.items():
            known = self.seen.setdefault(record, [])
            for state in states[len(known) :]:
                self.times[record, state] = now
            if not known and states:
                self.times[record, ""] = now
            self.seen[record] = list(states)

    def disturb(self, now: datetime) -> None:
        """Note that the hub was disturbed: what happened shortly before may be late."""
        self.disturbed_at = now

    def since(self, record: str, state: str) -> datetime | None:
        """Return when a record reached the state that was delivered; None if this is unknown."""
        if self.outcome.promise == "latest_state":
            return self.times.get((record, state))
        if self.outcome.promise == "every_record":
            return self.times.get((record, ""))
        wanted = self.outcome.dated or self.outcome.reached
        times = [at for (of, one), at in self.times.items() if of == record and one in wanted]
        return max(times, default=None)

    def problem(self, record: str, state: str, now: datetime, interval: int, bound: int) -> str:
        """Return a sentence if a delivery is later than the bound, or "".

        `interval` is the time between two polls, and `bound` the published bound, in seconds.
        """
        happened = self.since(record, state)
        if happened is None:
            return ""
        calm = self.disturbed_at is None or self.disturbed_at < happened - timedelta(seconds=interval)
        late = (now - happened).total_seconds()
        if not calm or late <= bound:
            return ""
        return f"{record} {state}: {late:.0f} s late, but the plan says at most {bound} s"
