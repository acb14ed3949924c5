"""READMEs count the requests of polling triggers: of a poll, of a day, and how many watchers fit a limit."""

import re
from pathlib import Path

import pytest
from support.each import each

from connector.definition.compiler import integration, vendors
from connector.definition.model import Plan, Runtime
from connector.generator.requests_a_day import INTERVALS, requests_a_day, watchers_that_fit

ROOT = Path(__file__).parents[2]
READMES: dict[Runtime, Path] = {
    "zapier": ROOT / "zapier_app" / "{}" / "README.md",
    "make": ROOT / "make_app" / "{}" / "src" / "README.md",
    "n8n": ROOT / "n8n_nodes" / "{}" / "README.md",
}
APPS = [(platform, vendor) for platform in READMES for vendor in vendors()]
MINUTES_OF_A_DAY = 1440


def section(platform: Runtime, vendor: str) -> str:
    readme = Path(str(READMES[platform]).format(vendor)).read_text("utf-8")
    return readme.partition("## Requests a day\n")[2].partition("\n## ")[0]


def spans(cells: list[str]) -> list[tuple[int, int]]:
    """Read cells such as `1,440` and `96 to 192 requests` as the lowest and the highest number."""
    found = [[int(number.replace(",", "")) for number in re.findall(r"[\d,]+", cell)] for cell in cells]
    return [(min(numbers), max(numbers)) for numbers in found]


def tables(text: str) -> list[list[list[str]]]:
    """Return the rows of each table, without its header."""
    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    return [[[cell.strip() for cell in line.strip("|").split("|")] for line in block[2:]] for block in blocks]


@pytest.mark.parametrize(("platform", "vendor"), APPS)
def test_readme_counts_the_requests_of_a_day(platform: Runtime, vendor: str) -> None:
    per_day, *_fit = tables(section(platform, vendor))
    for row in each(per_day):
        poll, *days = spans(row)
        polls = [MINUTES_OF_A_DAY // minutes for minutes in INTERVALS]
        assert days == [(poll[0] * number, poll[1] * number) for number in polls]


@pytest.mark.parametrize(("platform", "vendor"), APPS)
def test_readme_lists_each_polling_trigger_with_its_requests(platform: Runtime, vendor: str) -> None:
    offer = integration(vendor)
    lines = " ".join(section(platform, vendor).partition("One ")[0].split())
    groups = re.findall(r"- ([\d, to]+) requests? a poll: (.+?)(?= - \d|$)", lines)
    listed = {label: spans([span])[0] for span, labels in groups for label in labels.split(", ")}
    rows = [one.guarantees[platform] for one in offer.triggers.values() if platform in one.guarantees]
    promised = {(row.calls_per_poll_quiet, row.calls_per_poll) for row in rows}
    assert {*listed.values()} <= promised
    readme = Path(str(READMES[platform]).format(vendor)).read_text("utf-8")
    assert {*each(listed)} <= {*re.findall(r"^- \*\*(.+?)\*\*: ", readme, re.MULTILINE)}


@pytest.mark.parametrize(("platform", "vendor"), APPS)
def test_as_many_watchers_fit_as_no_window_of_the_plan_refuses(platform: Runtime, vendor: str) -> None:
    offer, found = integration(vendor), tables(section(platform, vendor))
    plans = {plan.name: plan for plan in offer.limits.plans if plan.windows}
    assert len(found) == (2 if plans else 1), "a table of fitting watchers belongs to a known limit"
    if not plans:
        return
    for row in each(found[1]):
        plan = plans[row[0]] if len(plans) > 1 else next(iter(plans.values()))
        poll, *fitting = spans(row[-1 - len(INTERVALS) :])
        for minutes, (fewest, most) in zip(INTERVALS, fitting, strict=True):
            assert is_the_most(plan, calls=poll[1], minutes=minutes, watchers=fewest), row
            assert is_the_most(plan, calls=poll[0], minutes=minutes, watchers=most), row


def is_the_most(plan: Plan, *, calls: int, minutes: int, watchers: int) -> bool:
    """Check that this number of watchers stays within each window on average, and one more does not."""

    def fits(number: int) -> bool:
        return all(
            number * calls * window.seconds <= window.requests * minutes * 60 for window in plan.windows
        )

    return fits(watchers) and not fits(watchers + 1)


def test_returngo_allows_ten_zaps_at_a_quarter_of_an_hour_and_none_for_sure_at_a_minute() -> None:
    plan = integration("returngo").limits.plans[0]
    assert [watchers_that_fit(plan, 2, minutes) for minutes in INTERVALS] == [10, 3, 1, 0]
    assert "2,000 requests a day" in section("zapier", "returngo")


def test_app_without_a_polling_trigger_has_no_section() -> None:
    assert requests_a_day(integration("swap"), {}, "zapier") == ""


@pytest.mark.parametrize("vendor", vendors())
def test_zapier_readme_says_what_to_do_with_held_runs(vendor: str) -> None:
    readme = Path(str(READMES["zapier"]).format(vendor)).read_text("utf-8")
    said = readme.partition("## Many events at once\n")[2].partition("\n## ")[0]
    assert "100 events or more" in said
    assert "*Held*" in said
    assert "*Replay*" in said
