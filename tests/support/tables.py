"""The generated tables of the README and of `docs/guarantees.md`."""

from connector.definition.compiler import integration
from connector.definition.fidelity import shares
from connector.definition.model import Guarantee, Integration
from mock_server import vendors

DELIVERS = {
    "every_record": "each new record, once",
    "reached": "once, when the status or a later one is reached",
    "latest_state": "each change seen; statuses passed through between two polls are not",
    "while_there": "when the status is reached, and again at each later change that leaves it there",
}


def fidelity() -> str:
    """Return a row per vendor: what is offered, and how much of its description is documented."""
    lines = [
        "| vendor | operations | triggers | actions | searches | parameters | fields |",
        "|---" * 7 + "|",
    ]
    for name in vendors.names():
        made, counted = integration(name), shares(name)
        offered = [made.operations, made.triggers, made.actions, made.searches]
        parts = [
            " / ".join(str(counted[part][kind]) for kind in ("documented", "observed", "assumed"))
            for part in ("parameters", "fields")
        ]
        lines.append(f"| {made.vendor.title} | {' | '.join([*(str(len(one)) for one in offered), *parts])} |")
    return "\n".join(lines)


def guarantees() -> str:
    """Return a row per trigger and runtime."""
    head = "| trigger | runtime | delivers | looks back | records a poll | calls a poll | calls a day"
    lines = [
        _line(made, trigger.key, promise)
        for made in map(integration, vendors.names())
        for trigger in made.triggers.values()
        for promise in trigger.guarantees.values()
    ]
    return "\n".join([f"{head} | interval | rests on |", "|---" * 9 + "|", *lines])


def _line(made: Integration, trigger: str, promise: Guarantee) -> str:
    interval = "no limit known"
    if made.limits.plans:
        interval = _duration(promise.shortest_interval[made.limits.plans[0].name])
    least, most = promise.calls_per_poll_quiet, promise.calls_per_poll
    calls = f"{most}" if least == most else f"{least} to {most}"
    calls += f", {promise.calls_per_event} an event" if promise.calls_per_event else ""
    cells = [
        f"{made.vendor.title} `{trigger}`",
        {"python": "Python", "zapier": "Zapier", "make": "Make"}[promise.runtime],
        DELIVERS[promise.delivers],
        "one reading" if promise.look_back is None else _duration(promise.look_back),
        f"{promise.items_per_poll:,}",
        calls,
        f"{promise.calls_per_day:,}",
        interval,
        promise.provenance,
    ]
    return f"| {' | '.join(cells)} |"


def _duration(seconds: int) -> str:
    if seconds == 0:
        return "nothing"
    if seconds == 86_400:
        return "1 day"
    for length, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= length and seconds % length == 0:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
