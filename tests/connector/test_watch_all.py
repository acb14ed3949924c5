"""`returns trigger --all` polls every profile and prints events in the unified model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from support.each import each

from connector.cli.program import run
from connector.definition.compiler import integration, vendors
from connector.unified import UnifiedEvent

if TYPE_CHECKING:
    from pathlib import Path

    from support.sandbox import Sandbox

PROGRAM = [sys.executable, "-c", "from connector.cli.program import main; main()"]
ALL = ("trigger", "--all", "new_return", "--format", "json")
TELLING = [vendor for vendor in vendors() if "new_return" in integration(vendor).triggers]
ASKED = {
    "order_number": "#2001",
    "customer_email": "iris.lane@example.com",
    "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "wrong_size"}],
}
Run = Callable[..., "Done"]


@pytest.fixture
def tenant(sandbox: Sandbox) -> str:
    return sandbox.tenant(f"all-{uuid4().hex[:8]}", seed_size=0, limits="off")


@pytest.fixture
def environment(sandbox: Sandbox, tenant: str, tmp_path: Path) -> dict[str, str]:
    """An empty home directory, and credentials of one tenant for every vendor."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RETURNS_")}
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("CONFIG", "STATE", "DATA")}
    logins = {}
    for vendor in vendors():
        found = sandbox.credentials(vendor, tenant)
        for name, value in {**found["fields"], "base_url": found["base_url"]}.items():
            logins[f"RETURNS_{vendor}_{name}".upper()] = value
    return {**kept, **homes, **logins, "RETURNS_SANDBOX_URL": sandbox.url, "HOME": str(tmp_path)}


@dataclass
class Done:
    """Exit code and output of one command."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def returns(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run the program in this process; a new process would take a second."""

    def run_here(*arguments: str, **more: str) -> Done:
        with monkeypatch.context() as changed:
            for name, value in {**environment, **more}.items():
                changed.setenv(name, value)
            code = run(list(arguments))
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run_here


def create_return(sandbox: Sandbox, tenant: str, vendor: str) -> None:
    answer = sandbox.control.post(f"/tenants/{tenant}/returns", json={"vendor": vendor, **ASKED})
    assert answer.status_code == 201, answer.text


def events_of(done: Done) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_vendor_delivers_its_event_once_in_the_unified_model(
    returns: Run, sandbox: Sandbox, tenant: str
) -> None:
    first = returns(*ALL)
    assert (first.returncode, first.stdout) == (0, "")
    assert "Recorded what exists now" in first.stderr
    for vendor in TELLING:
        create_return(sandbox, tenant, vendor)
    done = returns(*ALL)
    assert done.returncode == 0, done.stderr
    events = events_of(done)
    assert sorted(event["vendor"] for event in events) == TELLING
    for event in each(events):
        assert (event["kind"], event["profile"]) == ("return_created", "environment")
        assert event["record"]["vendor"] == event["vendor"]
        assert event["record"]["status"] not in (None, "other")
        assert event["raw"]
        record = {**event["record"], "raw": event["raw"]}
        del record["reasons"]  # computed
        assert UnifiedEvent.model_validate_json(json.dumps({**event, "record": record})).as_json() == event
    quiet = returns(*ALL)
    assert (quiet.returncode, quiet.stdout, quiet.stderr.splitlines()[-1]) == (0, "", "Nothing new.")
    left_out = [line for line in quiet.stderr.splitlines() if "skipped" in line]
    (said,) = left_out
    assert said.startswith("ReturnLogic has new_rma, which is only assumed, and is skipped; ")
    assert said.endswith("use --include-assumed to poll it.")


def test_each_vendor_is_polled_by_its_own_trigger_name(returns: Run, sandbox: Sandbox, tenant: str) -> None:
    everywhere = (*ALL, "--include-assumed")
    first = returns(*everywhere)
    assert (first.returncode, "skipped" in first.stderr) == (0, False)
    for vendor in vendors():
        create_return(sandbox, tenant, vendor)
    events = events_of(returns(*everywhere))
    assert sorted((event["vendor"], event["trigger"]) for event in events) == [
        (vendor, "new_rma" if vendor == "returnlogic" else "new_return") for vendor in vendors()
    ]
    assert {event["kind"] for event in events} == {"return_created"}
    for vendor in TELLING:
        create_return(sandbox, tenant, vendor)
    by_kind = events_of(returns("trigger", "--all", "return_created", "--format", "json"))
    assert sorted(event["vendor"] for event in by_kind) == TELLING


def test_skipped_vendor_is_reported_with_the_reason(returns: Run, environment: dict[str, str]) -> None:
    others = [name for name in environment if name.startswith("RETURNS_") and "RETURNLOGIC" not in name]
    alone = dict.fromkeys([name for name in others if "SANDBOX" not in name], "")
    done = returns(*ALL, **alone)
    assert (done.returncode, done.stdout) == (2, "")
    assert "ReturnLogic has new_rma, which is only assumed" in done.stderr
    assert done.stderr.endswith("No connection is left to poll.\n")
    assert returns("trigger", "returnlogic", "new_rma", **alone).returncode == 0


@pytest.mark.parametrize("vendor", TELLING)
def test_every_seeded_return_has_a_known_status(returns: Run, sandbox: Sandbox, vendor: str) -> None:
    """This covers all seeded records, not only samples: raw data is complete, and each status is mapped."""
    found = sandbox.credentials(vendor, sandbox.tenant(f"seeded-{vendor}-{uuid4().hex[:8]}", limits="off"))
    fields = {**found["fields"], "base_url": found["base_url"]}
    login = {f"RETURNS_{vendor}_{name}".upper(): value for name, value in fields.items()}
    poll = ("trigger", vendor, "new_return", "--since", "2020-01-01", "--format", "json")
    plain = {event["id"]: event["data"] for event in events_of(returns(*poll, **login))}
    events = events_of(returns(*ALL, "--since", "2020-01-01", "--restart", **login))
    ours = {event["id"]: event for event in events if event["vendor"] == vendor}
    assert 100 < len(ours) <= 150  # some returns belong to another shop of the account
    assert {key: event["raw"] for key, event in ours.items()} == plain
    records = [event["record"] for event in ours.values()]
    assert not {record["vendor_status"] for record in records if record["status"] in (None, "other")}
    assert len({record["status"] for record in records}) >= 2
    assert all(record["id"] and record["items"] for record in each(records))


def test_failing_connection_does_not_stop_the_others(returns: Run, sandbox: Sandbox, tenant: str) -> None:
    key = {"RETURNS_RETURNMATE_API_KEY": "sandbox-wrong-key"}
    first = returns(*ALL, **key)
    assert first.returncode == 3
    assert first.stderr.count("ReturnMate (environment): ") == 1
    assert "sandbox-wrong-key" not in first.stdout + first.stderr
    others = [vendor for vendor in TELLING if vendor != "returnmate"]
    for vendor in others:
        create_return(sandbox, tenant, vendor)
    done = returns(*ALL, **key, RETURNS_RETURNMATE_BASE_URL="http://127.0.0.1:9/v1")
    assert done.returncode == 1
    assert "cannot be reached at 127.0.0.1:9" in done.stderr
    assert sorted(event["vendor"] for event in events_of(done)) == others


def test_text_output_names_vendor_and_profile(returns: Run, sandbox: Sandbox, tenant: str) -> None:
    for vendor in TELLING:
        create_return(sandbox, tenant, vendor)
    done = returns("trigger", "--all", "new_return", "--since", "2020-01-01", "--limit", "1")
    lines = done.stdout.splitlines()
    assert len(lines) == len(TELLING)
    assert any("  Swap (environment)  New Return  RMA-" in line for line in lines)


def test_vendor_without_the_trigger_is_skipped_with_a_message(returns: Run) -> None:
    done = returns("trigger", "--all", "quality_control_passed")
    assert done.returncode == 0, done.stderr
    assert "ReturnMate has no trigger quality_control_passed and is skipped." in done.stderr
    assert "Recorded what exists now: Swap (environment)." in done.stderr


def test_sandbox_is_polled_without_profiles(returns: Run, environment: dict[str, str]) -> None:
    nothing = {name: "" for name in environment if name.startswith("RETURNS_") and "SANDBOX" not in name}
    done = returns(*ALL, **nothing)
    assert done.returncode == 0, done.stderr
    assert all(f"{integration(vendor).vendor.title} (sandbox)" in done.stderr for vendor in TELLING)
    named = returns(*ALL, "--profile", "sandbox")
    assert "Nothing new." in named.stderr or named.stdout


def test_watch_delivers_events_of_all_connections_and_continues(
    environment: dict[str, str], sandbox: Sandbox, tenant: str, tmp_path: Path
) -> None:
    output, errors = tmp_path / "watched", tmp_path / "errors"
    command = [*PROGRAM, *ALL, "--watch", "--interval", "1"]
    with output.open("w") as lines, errors.open("w") as said:
        process = subprocess.Popen(
            command, stdout=lines, stderr=said, env={**environment, "RETURNS_SWAP_API_KEY": "nope"}
        )
        try:
            wait(lambda: "watching for new events" in errors.read_text() and "Swap" in errors.read_text())
            create_return(sandbox, tenant, "returnmate")
            wait(lambda: output.read_text().count("\n") >= 1)
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=60)
    assert code == 130
    assert [json.loads(line)["vendor"] for line in output.read_text().splitlines()] == ["returnmate"]


def wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not done() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert done()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--all"], "--all takes only a trigger"),
        (["--all", "returnmate", "new_return"], "--all takes only a trigger"),
        (
            ["--all", "new_retrun"],
            'trigger of these connections named "new_retrun". Did you mean "new_return"?',
        ),
        (["--all", "new_return", "-i", "status=x"], "--input belongs to the trigger of one vendor"),
        (["--all", "new_return", "--profile", "shp"], 'There is no profile named "shp"'),
        (["returnmate"], "Name a vendor and one of its triggers"),
        (["returnlogic", "new_rma", "--include-assumed"], "--include-assumed needs --all"),
    ],
)
def test_invalid_arguments_are_reported_in_one_sentence(
    returns: Run, arguments: list[str], words: str
) -> None:
    done = returns("trigger", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in " ".join(done.stderr.replace("│", " ").split())
