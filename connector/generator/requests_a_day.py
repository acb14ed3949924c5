"""Builds the README section that states how many requests an app's polling triggers send."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from connector.definition.guarantees import DAY
from connector.definition.model import Guarantee, Integration, Plan, Runtime, Window

INTERVALS = (15, 5, 2, 1)
"""The polling intervals of the tables, in minutes; Zapier's plans poll every 15, 2 or 1 minutes."""

WATCHERS = {
    "zapier": ("Zap", "Zaps"),
    "make": ("scenario", "scenarios"),
    "n8n": ("workflow", "workflows"),
}
"""The word for a workflow in each runtime, as a pair of singular and plural."""

OFTEN = {"zapier": "your plan allows", "make": "its schedule says", "n8n": "its poll times say"}
"""What decides how often a trigger polls in each runtime."""

_SECONDS = {1: "second", 60: "minute", 3600: "hour", DAY: "day"}

_Count = Callable[[Guarantee, int], tuple[int, int]]
"""A function that takes a trigger's guarantee and an interval in minutes, and returns a range of numbers."""


def requests_a_day(integration: Integration, labels: Mapping[str, str], runtime: Runtime) -> str:
    """Return the section as Markdown, or "" if no trigger polls.

    `labels` contains the label of each polling trigger of the app, keyed by the trigger's key.
    """
    rows = [(label, integration.triggers[key].guarantees[runtime]) for key, label in labels.items()]
    if not rows:
        return ""
    title, (one, many) = integration.vendor.title, WATCHERS[runtime]
    groups = list(_grouped(rows))
    details = any(row.calls_per_event for _labels, row in groups)
    more = f" Each event costs one more request, for the details, in every {one} that it starts."
    header = [f"every {minutes} min" for minutes in INTERVALS]
    per_day = [[_a_poll(row), *_each_interval(row, requests_per_day)] for _labels, row in groups]
    introduction = (
        f"Each {one} polls {title} by itself, as often as {OFTEN[runtime]}. The higher numbers are for polls"
        f" that read everything that the trigger can read.{more if details else ''}"
    )
    return "\n\n".join(
        [
            introduction,
            "\n".join(f"- {_a_poll(row)} a poll: {labels}" for labels, row in groups),
            f"One {one} sends this many requests a day:",
            _table(["a poll", *header], per_day),
            *_limits(integration, groups, header, many),
        ]
    )


def _limits(
    integration: Integration, groups: Sequence[tuple[str, Guarantee]], header: Sequence[str], many: str
) -> Iterator[str]:
    title = integration.vendor.title
    plans = [plan for plan in integration.limits.plans if plan.windows]
    if not plans:
        yield f"The documents of {title} state no limit for the number of requests."
        return
    named = len(plans) > 1
    limits = "; ".join(limits_in_words(plan) + (f" ({plan.name})" if named else "") for plan in plans)
    yield (
        f"{title} allows {limits}. This many {many} fit, if nothing else uses the limit; the lower numbers"
        " are for polls that read everything:"
    )
    rows = [
        [*([plan.name] if named else []), _a_poll(row), *_each_interval(row, _fitting(plan))]
        for plan in plans
        for _labels, row in groups
    ]
    yield _table([*(["plan"] if named else []), "a poll", *header], rows)


def requests_per_day(row: Guarantee, minutes: int) -> tuple[int, int]:
    """Return the lowest and highest number of requests a day if a trigger polls every `minutes` minutes."""
    polls = DAY // (minutes * 60)
    return row.calls_per_poll_quiet * polls, row.calls_per_poll * polls


def watchers_that_fit(plan: Plan, calls: int, minutes: int) -> int:
    """Return how many workflows a plan allows if each polls every `minutes` minutes with `calls` requests.

    The polls of many workflows are spread over the interval, so each limit is compared with the average
    number of requests.
    """
    return min(window.requests * minutes * 60 // (window.seconds * calls) for window in plan.windows)


def _fitting(plan: Plan) -> _Count:
    def fitting(row: Guarantee, minutes: int) -> tuple[int, int]:
        calls = (row.calls_per_poll, row.calls_per_poll_quiet)
        fewest, most = (watchers_that_fit(plan, number, minutes) for number in calls)
        return fewest, most

    return fitting


def _grouped(rows: Iterable[tuple[str, Guarantee]]) -> Iterator[tuple[str, Guarantee]]:
    """Yield joined labels and one guarantee for each group of triggers with the same number of requests."""

    def calls(row: tuple[str, Guarantee]) -> tuple[int, int]:
        return row[1].calls_per_poll_quiet, row[1].calls_per_poll

    for _calls, group in groupby(sorted(rows, key=calls), key=calls):
        members = list(group)
        yield ", ".join(label for label, _row in members), members[0][1]


def _a_poll(row: Guarantee) -> str:
    span = _span(row.calls_per_poll_quiet, row.calls_per_poll)
    return f"{span} request{'' if span == '1' else 's'}"


def _each_interval(row: Guarantee, count: _Count) -> list[str]:
    return [_span(*count(row, minutes)) for minutes in INTERVALS]


def _span(least: int, most: int) -> str:
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def limits_in_words(plan: Plan) -> str:
    """Describe the limits of a plan, as in `60 requests a minute and 10,000 requests a day`."""
    return " and ".join(_window(window) for window in plan.windows)


def _window(window: Window) -> str:
    span = _SECONDS.get(window.seconds)
    return f"{window.requests:,} requests " + (f"a {span}" if span else f"in {window.seconds} seconds")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
