"""The command `returns verify`: announcements, exit codes, formats, and how it ends early."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import httpx
import pytest
from support.drift import drifts
from support.each import each
from support.verifying import Accounts, Answering, planned

import openapi
from connector.definition.compiler import integration as compiled

if TYPE_CHECKING:
    from pathlib import Path

    from support.drift import Drift
    from support.verifying import Command

VENDORS = openapi.vendors()
VENDOR = VENDORS[0]
FORMATS = ("text", "json", "junit", "html")


def drift(vendor: str, name: str = "new field") -> Drift:
    return next(one for one in drifts(compiled(vendor)) if one.name == name)


@pytest.mark.parametrize("vendor", VENDORS)
def test_sandbox_has_no_differences(command: Command, vendor: str) -> None:
    done = command.run(vendor)
    assert done.code == 0
    assert "No difference from the specification." in done.out


@pytest.mark.parametrize("vendor", VENDORS)
def test_number_of_calls_is_stated_before_the_first(command: Command, vendor: str) -> None:
    printed: list[str] = []

    def answer(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
        printed.append(command.capsys.readouterr().err)
        return response

    command.transport = Answering(command.accounts.transport(vendor), vendor, answer)
    command.run(vendor)
    title = compiled(vendor).vendor.title
    assert f"{title}, profile live: at most {planned(vendor).calls} requests, which only read." in printed[0]
    assert "".join(printed[1:]) == ""


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("form", FORMATS)
def test_differences_end_with_code_1_in_every_format(command: Command, vendor: str, form: str) -> None:
    command.transport = command.accounts.transport(vendor, drift(vendor))
    done = command.run(vendor, "--format", form)
    assert done.code == 1
    assert "warehouse" in done.out
    assert compiled(vendor).authentication.test_operation in done.out


def test_text_fits_into_80_columns(command: Command) -> None:
    for vendor in VENDORS:
        command.transport = command.accounts.transport(vendor, drift(vendor, "renamed field"))
        for line in each(command.run(vendor).out.splitlines()):
            assert len(line) <= 80 or " " not in line.strip(), line


def test_json_states_each_difference_with_its_provenance(command: Command) -> None:
    command.transport = command.accounts.transport(VENDOR, drift(VENDOR, "other type"))
    report = json.loads(command.run(VENDOR, "--format", "json").out)
    for difference in each(report["differences"]):
        assert difference["kind"] == "other_type"
        assert difference["provenance"] in ("documented", "observed", "assumed")
    assert report["calls"] <= report["limit"]
    assert {one["part"] for one in report["confirmed"]} == {"operation", "parameter", "field"}


def test_junit_has_a_case_per_operation(command: Command) -> None:
    command.transport = command.accounts.transport(VENDOR, drift(VENDOR))
    done = command.run(VENDOR, "--format", "junit")
    suite = ET.fromstring(done.out).find("testsuite")
    assert suite is not None
    reads = {one.id for one in planned(VENDOR).reads}
    assert {case.get("name") for case in suite} == reads
    failing = {case.get("name") for case in suite if case.find("failure") is not None}
    assert compiled(VENDOR).authentication.test_operation in failing
    assert int(suite.get("failures", "0")) == len(failing) < int(suite.get("tests", "0"))


def test_html_needs_no_other_file(command: Command) -> None:
    page = command.run(VENDOR, "--format", "html").out
    assert page.startswith("<!doctype html>")
    assert re.findall(r"(?:src|href)=|url\(|@import|<script", page) == []
    assert "No difference from the specification." in page


def test_one_run_writes_several_reports(command: Command, tmp_path: Path) -> None:
    transport = command.transport = command.accounts.transport(VENDOR, drift(VENDOR))
    files = [tmp_path / f"account{suffix}" for suffix in (".html", ".xml", ".json", ".txt")]
    done = command.run(VENDOR, *(word for file in files for word in ("--report", str(file))))
    assert done.code == 1
    assert len(transport.requests) <= planned(VENDOR).calls
    for form, file in each(zip(("html", "junit", "json", "text"), files, strict=True)):
        command.transport = command.accounts.transport(VENDOR, drift(VENDOR))
        assert file.read_text("utf-8") == command.run(VENDOR, "--format", form).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--report", "account.pdf"), "needs a name that ends with .html, .xml, .json or .txt"),
        (("--report", "no/such/account.html"), "there is no folder no/such"),
        (("--write",), "--write needs --record"),
        (("--record", "1"), "--write needs --record"),
        (("--calls", "0"), "--calls"),
        (("--format", "yaml"), "yaml"),
    ],
)
def test_wrong_use_ends_with_code_2(command: Command, arguments: tuple[str, ...], words: str) -> None:
    done = command.run(VENDOR, *arguments)
    assert done.code == 2
    assert words in done.err
    assert done.out == ""


def test_unknown_vendor_ends_with_code_2(command: Command) -> None:
    done = command.run("returnmat")
    assert (done.code, done.out) == (2, "")
    assert 'Did you mean "returnmate"?' in done.err


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("status", "code", "words"),
    [(401, 3, "refuses the login"), (429, 6, "rate limit is reached"), (500, 1, "failed")],
)
def test_errors_of_the_vendor_are_sentences(
    command: Command, vendor: str, status: int, code: int, words: str
) -> None:
    def answer(_request: httpx.Request, _response: httpx.Response) -> httpx.Response:
        return httpx.Response(status, headers={"retry-after": "7200"}, json={"message": "canary 7"})

    command.transport = Answering(command.accounts.transport(vendor), vendor, answer)
    done = command.run(vendor)
    title = compiled(vendor).vendor.title
    assert done.code == code
    assert title in done.err.splitlines()[-1]
    assert words in done.err.splitlines()[-1]
    assert "canary" not in done.err + done.out


def test_rate_limit_in_the_middle_keeps_what_was_found(command: Command) -> None:
    answered = 0

    def answer(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
        nonlocal answered
        answered += 1
        limited = httpx.Response(429, headers={"retry-after": "7200"}, json={"message": "No."})
        return response if answered < 6 else limited

    command.transport = Answering(command.accounts.transport(VENDOR, drift(VENDOR)), VENDOR, answer)
    done = command.run(VENDOR)
    assert done.code == 6
    assert "warehouse" in done.out
    assert "It was not called." in done.out
    assert "rate limit is reached" in done.out
    assert "rate limit is reached" in done.err.splitlines()[-1]


def test_ctrl_c_is_a_sentence(command: Command, tmp_path: Path) -> None:
    answered = 0

    def answer(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
        nonlocal answered
        answered += 1
        if answered == 4:
            raise KeyboardInterrupt
        return response

    vendor = next(one for one in VENDORS if not compiled(one).authentication.tokens)
    command.transport = Answering(command.accounts.transport(vendor), vendor, answer)
    done = command.run(vendor, "--facts", str(tmp_path / "facts.json"))
    assert (done.code, done.out) == (130, "")
    assert done.err.endswith("Stopped after 4 requests; no report is printed or saved.\n")
    assert list(tmp_path.iterdir()) == []


def test_unreachable_service_is_a_sentence(command: Command) -> None:
    def answer(request: httpx.Request, _response: httpx.Response) -> httpx.Response:
        raise httpx.ConnectError("Connection refused", request=request)

    command.transport = Answering(command.accounts.transport(VENDOR), VENDOR, answer)
    done = command.run(VENDOR)
    assert (done.code, done.out) == (1, "")
    assert "cannot be reached" in done.err.splitlines()[-1]


def test_calls_are_limited(command: Command) -> None:
    done = command.run(VENDOR, "--calls", "3")
    assert done.code == 0
    assert "at most 3 requests" in done.err
    assert "3 of at most 3 calls" in done.out
    assert "The stated number of calls is used up; the rest was not compared." in done.out


def test_empty_account_says_what_could_not_be_compared(command: Command) -> None:
    empty = Accounts.open(returns=0)
    try:
        command.accounts = empty
        for vendor in VENDORS:
            command.transport = empty.transport(vendor)
            done = command.run(vendor)
            assert done.code == 0, done.out
            assert "No difference from the specification." in done.out
            joined = " ".join(done.out.split())
            listing = compiled(vendor).authentication.test_operation
            assert f"{listing} returned no records, so its rows were not compared." in joined
    finally:
        empty.close()
