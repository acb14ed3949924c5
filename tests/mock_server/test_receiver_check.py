"""The receiver check finds the mistake of each bad receiver, and nothing at a good one."""

import asyncio
import itertools
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
import typer
from support.checked_receivers import URL_SECRET, Receiver, receiving
from support.each import each
from typer.testing import CliRunner, Result

from mock_server import vendors
from mock_server.cli.serve import register
from mock_server.clock import SECOND, ticks
from mock_server.receiver_check.check import Target, check
from mock_server.receiver_check.results import Finding, Report, Verdict
from mock_server.receiver_check.scorecard import finding_lines, not_judged, summary_lines

SECRET = f"whsk_{'0123456789abcdef' * 3}"
SENDING = [name for name in vendors.names() if vendors.webhooks_of(name)]
SIGNING = [name for name in SENDING if name != "returngo"]


def examined(receiver: Receiver, *, ticks: Callable[[], int] = ticks, **options: Any) -> Report:
    format_ = vendors.webhooks_of(receiver.vendor)
    assert format_ is not None

    async def run() -> Report:
        transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=None), verify=False)
        async with httpx.AsyncClient(transport=transport) as client:
            target = Target(receiver.url, receiver.secret, **options)
            return await check(target, format_, client, ticks=ticks)

    return asyncio.run(run())


def bad(report: Report) -> dict[str, Verdict]:
    """Return the verdicts of all findings that are neither passed nor skipped, by ID."""
    return {
        finding.id: finding.verdict
        for finding in report.findings
        if finding.verdict in {Verdict.failed, Verdict.warned}
    }


def found(report: Report, id_: str) -> Finding:
    (finding,) = [one for one in report.findings if one.id == id_]
    return finding


@pytest.mark.parametrize("vendor", SENDING)
def test_good_receiver_passes_everything(vendor: str) -> None:
    with receiving(vendor, SECRET) as receiver:
        report = examined(receiver)
    assert bad(report) == {}
    assert found(report, "signature.wrong").verdict == (
        Verdict.passed if vendor in SIGNING else Verdict.skipped
    )
    assert found(report, "url.secret").verdict == (Verdict.skipped if vendor in SIGNING else Verdict.passed)
    format_ = vendors.webhooks_of(vendor)
    assert format_ is not None
    kinds = [finding for finding in report.findings if finding.id.startswith("event.")]
    assert len(kinds) == len(format_.kinds) * max(1, len(format_.versions))
    assert found(report, "burst").requests == 25
    for finding in each(report.findings):
        assert finding.verdict is Verdict.skipped or finding.requests or finding.id in {"speed", "url.https"}


MISTAKES: dict[str, tuple[Callable[[Receiver], None], set[str]]] = {
    "ignores signatures": (
        lambda one: setattr(one, "ignores_signatures", True),
        {"signature.wrong", "signature.missing", "signature.changed_body"},
    ),
    "fails on duplicates": (
        lambda one: setattr(one, "fails_on_duplicates", True),
        {"duplicate", "duplicate.together"},
    ),
    "crashes on broken bodies": (
        lambda one: setattr(one, "crashes_on_broken_bodies", True),
        {"body.malformed", "body.not_utf8", "body.empty"},
    ),
    "refuses new kinds": (lambda one: setattr(one, "refuses_new_kinds", True), {"future.kind"}),
    "refuses new fields": (lambda one: setattr(one, "refuses_new_fields", True), {"future.field"}),
    "limits the rate": (lambda one: setattr(one, "at_once", 4), {"burst"}),
    "breaks after a large body": (
        lambda one: setattr(one, "breaks_after_large_bodies", True),
        {"burst", "still_working"},
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("vendor", SIGNING)
def test_each_mistake_is_found(vendor: str, mistake: str) -> None:
    configure, expected = MISTAKES[mistake]
    with receiving(vendor, SECRET, configure) as receiver:
        report = examined(receiver)
    assert expected <= set(bad(report))
    allowed = {"signature.old", "signature.alg_none", "signature.missing", "body.list"}
    assert set(bad(report)) - expected - allowed == set()
    for id_ in each(sorted(expected)):
        finding = found(report, id_)
        assert finding.advice
        assert finding.sentence.endswith(".")


def test_token_of_another_algorithm_is_sent() -> None:
    with receiving("swap", SECRET, lambda one: setattr(one, "trusts_the_token", True)) as receiver:
        assert bad(examined(receiver)) == {"signature.alg_none": Verdict.failed}


def test_signature_of_another_event_is_sent() -> None:
    with receiving("swap", SECRET, lambda one: setattr(one, "checks_the_secret_only", True)) as receiver:
        report = examined(receiver)
    assert found(report, "signature.changed_body").verdict is Verdict.failed
    assert found(report, "signature.wrong").verdict is Verdict.passed


def test_old_signature_is_sent_if_the_vendor_signs_the_time() -> None:
    with receiving("swap", SECRET, lambda one: setattr(one, "ignores_age", True)) as receiver:
        assert bad(examined(receiver)) == {"signature.old": Verdict.failed}
    with receiving("returnmate", SECRET) as receiver:
        assert found(examined(receiver), "signature.old").verdict is Verdict.skipped


def test_lost_events_are_worse_if_the_vendor_does_not_repeat_them() -> None:
    def limit(receiver: Receiver) -> None:
        receiver.at_once = 4

    with receiving("returnmate", SECRET, limit) as receiver:
        lost = found(examined(receiver), "burst")
    with receiving("returnlogic", SECRET, limit) as receiver:
        repeated = found(examined(receiver), "burst")
    assert (lost.verdict, repeated.verdict) == (Verdict.failed, Verdict.warned)
    assert "answers 429" in lost.sentence
    assert "so these are lost" in lost.advice


def test_hanging_receiver_is_reported_after_one_request() -> None:
    with receiving("swap", SECRET, lambda one: setattr(one, "hangs", True)) as receiver:
        report = examined(receiver, timeout=0.1)
    assert [finding.id for finding in report.findings] == ["reachable"]
    assert report.findings[0].sentence == "The receiver does not answer: it does not answer within 0.1 s."
    assert "process the event afterwards" in report.findings[0].advice


def test_receiver_with_another_secret_is_not_praised_for_refusing_forged_events() -> None:
    with receiving("swap", SECRET) as receiver:
        receiver.secret = SECRET[::-1]
        report = examined(Receiver("swap", SECRET, receiver.url))
    assert {finding.verdict for finding in report.findings[1:-1]} == {Verdict.failed}
    assert "it answers 401" in report.findings[1].sentence
    assert "Check that the secret is the one" in report.findings[1].advice
    assert (report.findings[-1].id, report.findings[-1].verdict) == ("others", Verdict.skipped)


@pytest.mark.parametrize(("vendor", "status"), [("swap", 503), ("returngo", 503), ("returngo", 404)])
def test_advice_for_a_receiver_that_fails_is_not_about_its_secret(vendor: str, status: int) -> None:
    with receiving(vendor, SECRET, lambda one: setattr(one, "always", status)) as receiver:
        report = examined(receiver)
    finding = next(one for one in report.findings if one.id.startswith("event."))
    assert f"it answers {status}" in finding.sentence
    assert finding.advice == "Look in the receiver's log for the reason: the event is valid."


def test_slow_receiver_is_warned() -> None:
    """Each request takes three seconds on a clock that moves with every reading."""
    readings = itertools.count(0, 3 * SECOND)
    with receiving("swap", SECRET) as receiver:
        report = examined(receiver, timeout=5, burst=2, ticks=lambda: next(readings))
    finding = found(report, "speed")
    assert (finding.verdict, finding.milliseconds) == (Verdict.warned, 3_000)
    assert "3000 ms of 5000 ms" in finding.sentence


def test_redirects_are_reported_and_not_followed() -> None:
    with (
        receiving("swap", SECRET) as second,
        receiving("swap", SECRET, lambda one: setattr(one, "redirects_to", second.url)) as first,
    ):
        report = examined(first)
        assert second.got == []
    finding = found(report, "event.returnCreated.v2")
    assert finding.verdict is Verdict.failed
    assert f"it answers 307 (to {second.url})" in finding.sentence
    assert "do not follow redirects" in finding.advice


def test_receiver_that_does_not_exist_is_reported() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    report = examined(Receiver("swap", SECRET, url))
    assert [finding.verdict for finding in report.findings] == [Verdict.failed]
    assert "cannot be reached" in report.findings[0].sentence


def test_unsigned_events_need_a_secret_in_the_url() -> None:
    with receiving("returngo", "", lambda one: setattr(one, "ignores_signatures", True)) as receiver:
        report = examined(receiver)
        assert found(report, "url.secret").verdict is Verdict.failed
        assert URL_SECRET not in str(report)
        receiver.url = receiver.url.partition("?")[0]
        assert found(examined(receiver), "url.secret").verdict is Verdict.warned


# The command


def command(*arguments: str, **environment: str) -> Result:
    program = typer.Typer()
    register(program)
    return CliRunner().invoke(program, ["receiver", "check", *arguments], env=environment)


def test_scorecard_names_the_mistakes_and_what_to_do(tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    with receiving("swap", SECRET, lambda one: setattr(one, "ignores_signatures", True)) as receiver:
        card = command(receiver.url, "--vendor", "swap", "--secret", SECRET, "--junit", str(junit))
        shown = command(receiver.url, "--vendor", "swap", "--format", "json", RETURNS_WEBHOOK_SECRET=SECRET)
    assert card.exit_code == shown.exit_code == 1
    assert "fail  Refuses a wrong signature" in card.stdout
    assert "Anybody can send events. Verify the signature over the raw body" in card.stdout
    assert "pass  Accepts returnCreated, version 2" in card.stdout
    assert "whether an event that was sent twice was processed twice" in card.stderr
    assert SECRET not in card.output + shown.output + junit.read_text("utf-8")
    report = json.loads(shown.stdout)
    assert (report["passed"], report["vendor"], report["address"]) == (False, "swap", receiver.url)
    failed = [one["id"] for one in report["findings"] if one["verdict"] == "fail"]
    assert report["counts"]["fail"] == len(failed) > 0
    suite = ET.fromstring(junit.read_text("utf-8"))
    assert suite.attrib["failures"] == str(len(failed))
    assert int(suite.attrib["tests"]) == len(suite.findall("testcase")) == len(report["findings"])
    named = [case.attrib["name"].partition(":")[0] for case in suite if case.find("failure") is not None]
    assert named == failed


@pytest.mark.parametrize("width", [80, 60, 120])
def test_scorecard_fits_the_width_and_prints_each_advice_once(width: int) -> None:
    long = "The receiver does not accept it: it answers 500, which is what a receiver answers if it fails."
    again = Finding("a.2", "Accepts two", Verdict.failed, long, "Look at its log, and fix it. " * 4, 1, 2.0)
    found = [
        Finding("a.1", "Accepts one", Verdict.failed, long, again.advice, 1, 1.6),
        again,
        Finding("b", "Uses HTTPS", Verdict.warned, "The URL is not encrypted.", "Register an https URL."),
        Finding("c", "Accepts three", Verdict.passed, "The receiver accepts it: it answers 200."),
        *(replace(again, id=f"d.{place}", question=f"Accepts kind {place}") for place in range(6)),
    ]
    pairs = zip(found, [None, *found], strict=False)
    lines = [line for one, previous in pairs for line in finding_lines(one, previous, width)]
    report = Report("http://127.0.0.1/", "swap", tuple(found))
    summary = list(summary_lines(report, width))
    for line in each([*lines, *summary, *not_judged(width).splitlines()]):
        assert len(line) <= width
    text = " ".join(" ".join((*lines, *summary)).split())
    assert text.count(long) == 2, "once for the first two, and again after other observations"
    assert text.count(again.advice.strip()) == 1
    assert "For: Accepts one; Accepts two; Accepts kind 0; Accepts kind 1; and 4 more" in text
    assert "For: Uses HTTPS" in text
    assert "Accepts three" in text
    assert "it answers 200" not in text


def test_exit_code_is_zero_for_a_good_receiver_and_warnings_count_if_strict() -> None:
    with receiving("swap", SECRET, lambda one: setattr(one, "refuses_new_kinds", True)) as receiver:
        arguments = (receiver.url, "--vendor", "swap", "--secret", SECRET)
        usual, strict = command(*arguments), command(*arguments, "--strict")
    assert "1 with a warning, 0 failed" in usual.stdout
    assert (usual.exit_code, strict.exit_code) == (0, 1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("http://127.0.0.1:9/", "--vendor", "swapp"),
            'no vendor named "swapp". Did you mean "swap"?',
        ),
        (
            ("http://127.0.0.1:9/", "--vendor", "kiosk"),
            'There is no vendor named "kiosk". Choose',
        ),
        (("http://127.0.0.1:9/", "--vendor", "exsited"), "No source describes webhooks of exsited"),
        (("http://127.0.0.1:9/", "--vendor", "swap"), "swap signs its events; pass the secret"),
        (("hooks.example.com", "--vendor", "swap", "--secret", "s"), "must be an absolute URL"),
    ],
)
def test_wrong_use_is_explained(arguments: tuple[str, ...], says: str) -> None:
    asked = command(*arguments)
    assert (asked.exit_code, says in asked.stderr) == (2, True), asked.output
