"""The command line, run in processes of its own against a running sandbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from resource import RUSAGE_CHILDREN, getrusage
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from support import preloaded

from connector.definition.compiler import vendors
from connector.definition.naming import listed

if TYPE_CHECKING:
    from pathlib import Path

    from support.sandbox import Sandbox

PROGRAM = [sys.executable, "-c", "from connector.cli.program import main; main()"]
ORDER = [
    "--input", "order_number=#1001", "-i", "customer_email=kim@example.com",
    "-i", "items[0].sku=BOOT-39", "-i", "items[0].quantity=2", "-i", "items[0].reason=defective",
]  # fmt: skip
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """An empty home directory, and the credentials of a new tenant."""
    tenant = sandbox.tenant(f"cli-{uuid4().hex[:8]}", seed_size=0, limits="off")
    found = sandbox.credentials("returnmate", tenant)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RETURNS_")}
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("CONFIG", "STATE", "DATA")}
    login = {"RETURNS_RETURNMATE_API_KEY": found["fields"]["api_key"]}
    place = {"RETURNS_RETURNMATE_BASE_URL": found["base_url"], "RETURNS_SANDBOX_URL": sandbox.url}
    return {**kept, **homes, **login, **place, "HOME": str(tmp_path), "COLUMNS": "200"}


@pytest.fixture
def returns(environment: dict[str, str]) -> Run:
    def run(*arguments: str, text: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        return preloaded.run(*arguments, environment={**environment, **more}, text=text)

    return run


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_help_is_quick_and_lists_the_exit_codes(environment: dict[str, str]) -> None:
    before = getrusage(RUSAGE_CHILDREN)
    done = subprocess.run([*PROGRAM, "--help"], capture_output=True, text=True, check=True, env=environment)
    used = getrusage(RUSAGE_CHILDREN)
    # Seconds of CPU: other programs on the machine do not change them.
    assert used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime < 1.5
    assert "7 unknown whether a write succeeded" in done.stdout
    assert {"connect", "catalog", "trigger", "action", "search", "fidelity", "serve"} <= set(
        done.stdout.split()
    )


def test_version(returns: Run) -> None:
    done = returns("--version")
    assert (done.returncode, done.stdout) == (0, f"returns {version('returns-connector')}\n")
    assert "--version " in returns("--help").stdout


def test_help_imports_neither_the_model_nor_the_network() -> None:
    heavy = ("httpx", "pydantic", "yaml", "rich.table", "connexion")
    start = "import sys; from connector.cli.program import program; program()"
    code = f"{start}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_return_created_by_an_action_is_delivered_once_by_the_trigger(returns: Run) -> None:
    poll = ("trigger", "returnmate", "new_return", "--format", "json")
    first = returns(*poll)
    assert (first.returncode, first.stdout) == (0, "")
    assert "Recorded what exists" in first.stderr
    made = answer(returns("action", "returnmate", "create_return", *ORDER, "--format", "json"))
    delivered = [json.loads(line) for line in returns(*poll).stdout.splitlines()]
    assert [event["id"] for event in delivered] == [f"returnmate:new_return:{made['id']}"]
    assert delivered[0]["data"]["items"][0]["quantity"] == 2
    assert delivered[0]["occurred_at"] == made["created_at"]
    assert returns(*poll).stdout == ""


def test_first_poll_resumes_after_an_interruption(returns: Run) -> None:
    made = [
        answer(returns("action", "returnmate", "create_return", *ORDER, "--format", "json")) for _ in "abc"
    ]
    poll = ("trigger", "returnmate", "new_return", "--format", "json")
    begun = returns(*poll, "--since", "2020-01-01", "--limit", "1")
    rest = returns(*poll)
    delivered = [json.loads(line)["data"]["id"] for line in (begun.stdout + rest.stdout).splitlines()]
    assert sorted(delivered) == sorted(one["id"] for one in made)
    assert returns(*poll).returncode == 0


def test_watch_delivers_each_event_once_across_a_restart(
    returns: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    def create() -> str:
        made = answer(returns("action", "returnmate", "create_return", *ORDER, "--format", "json"))
        return str(made["id"])

    command = ("trigger", "returnmate", "new_return", "--watch", "--interval", "1", "--format", "json")
    output = tmp_path / "watched"

    def watch(until: int) -> int:
        with output.open("a") as lines, (tmp_path / "errors").open("w+") as errors:
            process = preloaded.start(
                *command, environment=environment, output=lines.fileno(), errors=errors.fileno()
            )
            deadline = time.monotonic() + 120
            while time.monotonic() < deadline:
                if len(output.read_text().splitlines()) >= until and (
                    until or "Watching" in (tmp_path / "errors").read_text()
                ):
                    break
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            return process.wait(timeout=60)

    assert watch(0) == 130
    created = [create()]
    assert watch(1) == 130
    created += [create(), create()]
    assert watch(3) == 130
    # Only the last line: Ctrl-C prints it.
    assert (tmp_path / "errors").read_text() == "Stopped. The same command continues where this one ended.\n"
    delivered = [json.loads(line)["data"]["id"] for line in output.read_text().splitlines()]
    assert delivered == created


def test_trigger_of_each_status_fires_as_a_return_advances(returns: Run) -> None:
    for key in ("return_approved", "return_status_changed", "new_shipment"):
        returns("trigger", "returnmate", key)
    made = answer(
        returns(
            "action",
            "returnmate",
            "create_return",
            "--json",
            "-",
            "--format",
            "json",
            text=json.dumps(
                {
                    "order_number": "#7",
                    "customer_email": "kim@example.com",
                    "items": [{"sku": "A", "quantity": 1, "reason": "defective"}],
                }
            ),
        )
    )
    at = ["-i", f"return_id={made['id']}"]
    moved = answer(
        returns(
            "action", "returnmate", "update_return_status", *at, "-i", "status=approved", "--format", "json"
        )
    )
    assert moved["status"] == "approved"
    label = answer(
        returns("action", "returnmate", "create_shipping_label", *at, "-i", "carrier=tnt", "--format", "json")
    )
    note = answer(
        returns(
            "action",
            "returnmate",
            "add_note",
            *at,
            "-i",
            "note=Hello",
            "-i",
            "internal=yes",
            "--format",
            "json",
        )
    )
    assert note["internal"] is True
    assert made["rma_number"] in returns("trigger", "returnmate", "return_approved").stdout
    assert "label_sent" in returns("trigger", "returnmate", "return_status_changed").stdout
    assert label["tracking_number"] in returns("trigger", "returnmate", "new_shipment").stdout
    found = answer(returns("search", "returnmate", "get_return", *at, "--format", "json"))
    assert [one["id"] for one in found[0]["shipments"]] == [label["id"]]
    by_number = returns(
        "search", "returnmate", "find_return", "-i", f"rma_number={made['rma_number'].lower()}"
    )
    assert made["rma_number"] in by_number.stdout


def test_filter_delivers_matching_events_only_and_leaves_others_unaffected(returns: Run) -> None:
    every = ("trigger", "returnmate", "return_status_changed", "--format", "json")
    narrow = (*every, "--input", "status=rejected")
    for poll in (every, narrow):
        assert "Recorded what exists" in returns(*poll).stderr
    made = [
        answer(returns("action", "returnmate", "create_return", *ORDER, "--format", "json")) for _ in "ab"
    ]
    for one, status in zip(made, ("approved", "rejected"), strict=True):
        at = ("-i", f"return_id={one['id']}", "-i", f"status={status}")
        answer(returns("action", "returnmate", "update_return_status", *at, "--format", "json"))

    def delivered(*poll: str) -> list[str]:
        return [json.loads(line)["data"]["id"] for line in returns(*poll).stdout.splitlines()]

    assert delivered(*narrow, "--watch", "--limit", "1") == [made[1]["id"]]
    assert sorted(delivered(*every)) == sorted(one["id"] for one in made)
    assert delivered(*narrow) == delivered(*every) == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (
            ["trigger", "returnmat", "new_return"],
            2,
            'There is no vendor named "returnmat". Did you mean "returnmate"?',
        ),
        (
            ["trigger", "returnmate", "new_retrun"],
            2,
            'There is no trigger of ReturnMate named "new_retrun". Did you',
        ),
        (["trigger", "returnmate", "new_return", "--since", "yesterday"], 2, "neither a date nor a time"),
        (
            ["trigger", "returnmate", "new_return", "--profile", "shp"],
            2,
            'no profile of ReturnMate named "shp"',
        ),
        (["trigger", "returnmate", "return_status_changed", "-i", "staus=x"], 2, 'Did you mean "status"?'),
        (
            ["trigger", "returnmate", "return_received", "-i", "status=x"],
            2,
            'There is no input named "status", and no other.',
        ),
        (["action", "returnmate", "create_return", "-i", "order_nmber=1"], 2, 'Did you mean "order_number"?'),
        (["action", "returnmate", "create_return"], 5, "customer_email is required"),
        (["action", "returnmate", "create_return", *ORDER, "-i", "order_number=!"], 2, "given twice"),
        (["action", "returnmate", "add_note", "-i", "return_id=rma_no", "-i", "note=x"], 4, "rma_no"),
        (["search", "returnmate", "find_return", "-i", "order_number=#none"], 4, "No return was found."),
        (["search", "returnmate", "find_return"], 5, "is required"),
        (["catalog", "--format", "xml"], 2, "xml"),
        (["catalog", "unknown"], 2, f'There is no vendor named "unknown". Choose {listed(vendors())}.'),
        (["generate", "zapier", "--output", "/dev/null"], 1, f"/dev/null/{vendors()[0]} cannot be used"),
        (["connect", "returnmate", "--profile", "a b"], 2, "'a b' is not a valid profile name"),
        (["connect", "returnmate", "--base-url", "127.0.0.1:4010"], 2, "is not a base URL"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_error_is_one_sentence_with_an_exit_code(
    returns: Run, arguments: list[str], code: int, words: str
) -> None:
    done = returns(*arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_refused_login_exits_with_3_and_shows_no_key(returns: Run) -> None:
    done = returns(
        "search", "returnmate", "get_returns_report", RETURNS_RETURNMATE_API_KEY="sandbox-wrong-key"
    )
    assert done.returncode == 3
    assert "sandbox-wrong-key" not in done.stdout + done.stderr


def test_unreachable_vendor_exits_with_1(returns: Run) -> None:
    done = returns("trigger", "returnmate", "new_return", RETURNS_RETURNMATE_BASE_URL="http://127.0.0.1:9/v1")
    assert done.returncode == 1
    assert "cannot be reached at 127.0.0.1" in done.stderr


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (lambda url: url.removeprefix("http://"), 2, "is not a base URL"),
        (lambda url: url.removesuffix("/v1"), 4, "nothing at this path"),
        (lambda url: f"{url}/v1", 4, "nothing at this path"),
    ],
)
def test_wrong_base_url_is_an_error_and_not_an_empty_result(
    returns: Run, environment: dict[str, str], change: Callable[[str], str], code: int, words: str
) -> None:
    wrong = change(environment["RETURNS_RETURNMATE_BASE_URL"])
    done = returns(
        "search", "returnmate", "find_return", "-i", "order_number=#1", RETURNS_RETURNMATE_BASE_URL=wrong
    )
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr


def test_sandbox_is_used_without_any_configuration(returns: Run) -> None:
    done = returns(
        "search", "returnmate", "find_return", "-i", "customer_email=unknown@example.com", "--format", "json",
        RETURNS_RETURNMATE_API_KEY="", RETURNS_RETURNMATE_BASE_URL="",
    )  # fmt: skip
    assert (done.returncode, json.loads(done.stdout)) == (4, [])


def test_connect_verifies_the_login_and_saves_it(
    returns: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    place = environment["RETURNS_RETURNMATE_BASE_URL"]
    bad = returns("connect", "returnmate", "--base-url", place, text="\n", RETURNS_RETURNMATE_API_KEY="nope")
    assert bad.returncode == 3
    assert not (tmp_path / "config" / "returns-connector" / "profiles.toml").exists()
    good = returns("connect", "returnmate", "--profile", "shop", "--base-url", place, text="\n")
    assert good.returncode == 0, good.stderr
    without = {"RETURNS_RETURNMATE_API_KEY": "", "RETURNS_RETURNMATE_BASE_URL": ""}
    report = answer(
        returns(
            "search", "returnmate", "get_returns_report", "--profile", "shop", "--format", "json", **without
        )
    )
    assert report[0]["total_rmas"] == 0


def test_connect_reads_a_scripts_answers_line_by_line(
    returns: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    key, place = environment["RETURNS_RETURNMATE_API_KEY"], environment["RETURNS_RETURNMATE_BASE_URL"]
    connect = ("connect", "returnmate", "--base-url", place)
    without = {"RETURNS_RETURNMATE_API_KEY": ""}
    nothing = returns(*connect, text="", **without)
    assert nothing.returncode == 2
    assert "RETURNS_RETURNMATE_API_KEY" in nothing.stderr
    assert "Warning" not in nothing.stderr
    done = returns(*connect, text=f"{key}\nSmall Shop\n", **without)
    assert done.returncode == 0, done.stderr
    assert key not in done.stdout + done.stderr
    kept = tmp_path / "config" / "returns-connector" / "profiles.toml"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert 'store_name = "Small Shop"' in kept.read_text()


def test_catalog_guarantees_and_fidelity_print_tables_and_json(returns: Run) -> None:
    assert "create_shipping_label" in returns("catalog").stdout
    assert "15 minutes" in returns("catalog", "returnmate", "--guarantees").stdout
    promises = answer(returns("catalog", "returnmate", "--guarantees", "--format", "json"))["guarantees"]
    assert len(promises) == 39
    assert answer(returns("catalog", "returnmate", "--format", "json"))["vendor"]["id"] == "returnmate"
    assert answer(returns("fidelity", "--format", "json"))["returnmate"]["operations"]["documented"] == 14


def test_reader_that_closes_the_pipe_is_no_error(environment: dict[str, str]) -> None:
    command = [*PROGRAM, "catalog", "returnmate", "--format", "json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_closed_output_stream_is_ignored(environment: dict[str, str], closed: str) -> None:
    command = ["sh", "-c", f'"$0" "$@" {closed}', *PROGRAM, "fidelity"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
