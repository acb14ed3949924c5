"""The generated tables of the documents: vendors, fidelity, guarantees, and the structure of the matrix."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap

from support.matrix.limits import limit
from support.matrix.previews import previews
from support.matrix.scenarios import SCENARIOS, Scenario

import openapi
from connector.definition.action_guarantees import ActionGuarantee, action_guarantees
from connector.definition.compiler import integration
from connector.definition.fidelity import shares
from connector.definition.instant import promises, with_instant
from connector.definition.left_out import why_left_out
from connector.definition.model import Guarantee, Integration, Provenance, Runtime
from connector.generator.gate import PLATFORMS
from mock_server import vendors as sandbox
from mock_server.shop.layout import STATES
from mock_server.webhooks.format import WebhookFormat

WIDTH = 118
RUNTIMES: dict[Runtime, str] = {"python": "Python", "zapier": "Zapier", "make": "Make", "n8n": "n8n"}
GUIDES = "docs/README.md#guides-per-app"
CERTAINTIES: tuple[Provenance, ...] = ("documented", "observed", "assumed")
DELIVERS = {
    "every_record": "each record",
    "reached": "once",
    "latest_state": "each change",
    "while_there": "repeatedly",
    "posted": "what is posted",
}
"""Words of the column "delivers"; docs/guarantees.md explains them above its tables."""
AFTER_LOSS = {
    "repeats": "sends it again",
    "looks": "searches for the record",
    "reports": "reports it",
    "platform": "Make sends it again",
}
"""Words for what an action does after a lost answer; docs/guarantees.md explains them above its table."""


def shop_statuses() -> str:
    """Return a row per neutral status of a shop's returns, with the word of each vendor."""
    names = sandbox.names()
    words = [sandbox.shop_words(name).statuses for name in names]
    head = ["in the file", *(integration(name).vendor.title for name in names)]
    return table(
        head, ([status, *(word.get(state, "–") for word in words)] for status, state in STATES.items())
    )


def vendors() -> str:
    """Return a row per vendor: how many steps it offers, how well its API is known, and its apps."""
    head = ["vendor", "triggers", "actions", "searches", "known", "apps"]
    return table(head, (_vendor(integration(name)) for name in sandbox.names()))


def _vendor(vendor: Integration) -> list[str]:
    name = vendor.vendor.id
    counts = sum(shares(name).values(), Counter())
    apps = ", ".join(_title(platform.folder.partition("_")[0]) for platform in PLATFORMS)
    steps = (vendor.triggers, vendor.actions, vendor.searches)
    known = " / ".join(f"{100 * counts[word] / counts.total():.0f}" for word in CERTAINTIES)
    return [vendor.vendor.title, *(str(len(step)) for step in steps), known, f"[{apps}]({GUIDES})"]


def _title(folder: str) -> str:
    return folder if folder == "n8n" else folder.capitalize()


def fidelity() -> str:
    """Return a table per vendor: how many of its facts are documented, observed and assumed."""
    return "\n\n".join(_fidelity(integration(name)) for name in sandbox.names())


def _fidelity(vendor: Integration) -> str:
    parts = shares(vendor.vendor.id)
    counted = {**parts, "all": sum(parts.values(), Counter())}
    rows = ([part, *(f"{counts[word]:,}" for word in CERTAINTIES)] for part, counts in counted.items())
    return f"### {vendor.vendor.title}\n\n{table(['part', *CERTAINTIES], rows)}"


def webhooks() -> str:
    """Return a table per vendor with a row for each event that its webhooks report."""
    formats = {name: sandbox.webhooks_of(name) for name in sandbox.names()}
    return "\n\n".join(_webhooks(name, format_) for name, format_ in formats.items() if format_)


def _webhooks(name: str, format_: WebhookFormat) -> str:
    described = openapi.read(name)["x-webhooks"]
    rows = (
        [
            f"`{kind.name}`",
            described[kind.name]["post"]["summary"],
            "" if kind.occurs else "as a test event only",
        ]
        for kind in format_.kinds
    )
    return f"### {integration(name).vendor.title}\n\n{table(['event', 'when', 'in the sandbox'], rows)}"


def guarantees() -> str:
    """Return a table per vendor with a row for each trigger and runtime."""
    return "\n\n".join(_guarantees(integration(name)) for name in sandbox.names())


def action_guarantees_table() -> str:
    """Return a table with a row for each vendor, action and runtime."""
    rows = (
        [vendor.vendor.title, f"`{key}`", *_after_loss(promise)]
        for vendor in map(integration, sandbox.names())
        for key, action in vendor.actions.items()
        for promise in action_guarantees(action)
    )
    return table(["vendor", "action", "runtime", "after a failure", "after a lost connection"], rows)


def _after_loss(promise: ActionGuarantee) -> list[str]:
    return [RUNTIMES[promise.runtime], AFTER_LOSS[promise.after_failure], AFTER_LOSS[promise.after_cut]]


def _guarantees(vendor: Integration) -> str:
    head = [
        "trigger",
        "runtime",
        "delivers",
        "looks back",
        "records",
        "calls",
        "calls a day",
        "interval",
        "rests on",
    ]
    rows = (
        _guarantee(vendor, key, promise)
        for key, trigger in with_instant(vendor).triggers.items()
        for promise in promises(vendor, trigger)
    )
    return f"### {vendor.vendor.title}\n\n{table(head, rows)}"


def _guarantee(vendor: Integration, trigger: str, promise: Guarantee) -> list[str]:
    interval = "–"
    if vendor.limits.plans:
        interval = _duration(promise.shortest_interval[vendor.limits.plans[0].name])
    least, most = promise.calls_per_poll_quiet, promise.calls_per_poll
    calls = f"{most}" if least == most else f"{least} to {most}"
    return [
        f"`{trigger}`",
        RUNTIMES[promise.runtime],
        DELIVERS[promise.delivers],
        "one reading" if promise.look_back is None else _duration(promise.look_back),
        f"{promise.items_per_poll:,}",
        f"{calls}, {promise.calls_per_event} an event" if promise.calls_per_event else calls,
        f"{promise.calls_per_day:,}",
        interval,
        promise.provenance,
    ]


def make_left_out() -> str:
    """Return a row for each trigger that Make cannot offer, with the reason."""
    rows = (
        [vendor.vendor.title, trigger.label, reason]
        for vendor in map(integration, sandbox.names())
        for trigger in vendor.triggers.values()
        if (reason := why_left_out(trigger, "make"))
    )
    return table(["vendor", "trigger", "why Make cannot offer it"], rows)


def _duration(seconds: int) -> str:
    if seconds == 0:
        return "nothing"
    if seconds == 86_400:
        return "1 day"
    for length, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= length and seconds % length == 0:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def matrix() -> str:
    """Return which runtimes play each scenario of the matrix, and why the others do not."""
    notes = _notes()
    head = ["scenario", *(integration(name).vendor.title for name in sandbox.names())]
    rows = (
        [f"`{scenario.name}`", *(_cell(name, scenario, notes) for name in sandbox.names())]
        for scenario in SCENARIOS
    )
    titles = (line for scenario in SCENARIOS for line in _item("-", f"`{scenario.name}`: {scenario.title}"))
    numbered = (line for sentence, number in notes.items() for line in _item(f"{number}.", sentence))
    return "\n".join([*titles, "", table(head, rows), "", *numbered])


def _cell(vendor: str, scenario: Scenario, notes: Mapping[str, int]) -> str:
    reasons = {runtime: limit(vendor, runtime, scenario.name) for runtime in RUNTIMES}
    played = [title for runtime, title in RUNTIMES.items() if not reasons[runtime]]
    numbers = sorted({notes[reason] for reason in reasons.values() if reason})
    shown = "all" if len(played) == len(RUNTIMES) else ", ".join(title[0] for title in played) or "–"
    if any(previews(vendor, runtime, scenario) for runtime in RUNTIMES if not reasons[runtime]):
        shown += " *"
    return " ".join([shown, *(f"[{number}]" for number in numbers)])


def _notes() -> dict[str, int]:
    """Number the reasons in the order in which the table refers to them."""
    reasons = (
        limit(vendor, runtime, scenario.name)
        for scenario in SCENARIOS
        for vendor in sandbox.names()
        for runtime in RUNTIMES
    )
    return {reason: number for number, reason in enumerate(dict.fromkeys(filter(None, reasons)), 1)}


def table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _item(mark: str, sentence: str) -> Iterator[str]:
    yield from wrap(sentence, WIDTH, initial_indent=f"{mark} ", subsequent_indent=" " * (len(mark) + 1))
