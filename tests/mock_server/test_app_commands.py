"""`returns credentials` and `returns sandbox …` against a running sandbox."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from support.command import PROGRAM, environment, run, serving
from support.each import each
from typer.testing import CliRunner, Result

from mock_server import vendors
from mock_server.cli.output import print_table
from mock_server.cli.serve import register

Command = Callable[..., Result]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("home"), "--database", "sqlite://", "--seed-size", "20") as started:
        yield started.url


@pytest.fixture
def command(url: str) -> Command:
    program = typer.Typer()
    register(program)

    def ask(*arguments: str) -> Result:
        return CliRunner().invoke(
            program, arguments, env={"RETURNS_SANDBOX_URL": url, "COLUMNS": "200"}, catch_exceptions=False
        )

    return ask


def test_json_credentials_equal_the_control_planes_answer(command: Command, url: str) -> None:
    shown = json.loads(command("credentials", "--format", "json").stdout)
    told = httpx.get(f"{url}/__sandbox/tenants/demo/credentials").json()
    tokens = [
        one["headers"].pop("Authorization")
        for one in (shown, told)
        for one in one["vendors"].values()
        if "client_secret" in one["fields"]
    ]
    assert len(set(tokens)) == len(tokens)  # vendors with tokens issue another one for each call
    assert shown == told
    assert shown["vendors"]["returnmate"]["base_url"] == f"{url}/returnmate/v1"


def test_curl_credentials_work_as_printed(command: Command) -> None:
    lines = command("credentials", "--format", "curl").stdout.splitlines()
    assert len(lines) == len(vendors.names())
    for line in each(lines):
        program, *arguments = shlex.split(line)
        assert program == "curl"
        headers = dict(one.split(": ", 1) for one in arguments[1:-1:2])
        assert httpx.get(arguments[-1], headers=headers).status_code == 200, line


def test_credentials_are_printed_as_a_table(command: Command, url: str) -> None:
    rows = [line.split() for line in command("credentials").stdout.splitlines()]
    assert ["returnmate", f"{url}/returnmate/v1", "api_key", "sandbox-demo-returnmate"] in rows


def test_tenant_is_created_advanced_and_deleted(command: Command) -> None:
    def ask(*arguments: str) -> Any:
        return json.loads(command("sandbox", *arguments, "--format", "json").stdout)

    options = ("--seed-size", "3", "--first-moment", "2026-03-02T09:00:00Z", "--frozen")
    assert ask("create-tenant", "acme", *options)["returns"] == dict.fromkeys(vendors.names(), 3)
    assert "acme" in command("sandbox", "tenants").stdout
    assert "2026-03-02T09:00:00Z" in command("sandbox", "clock", "--tenant", "acme").stdout
    assert ask("advance", "3600s", "--tenant", "acme")["clock"]["now"] == "2026-03-02T10:00:00Z"
    assert ask("advance", "1d12h", "--tenant", "acme")["clock"]["now"] == "2026-03-03T22:00:00Z"
    assert ask("unfreeze", "--tenant", "acme")["frozen"] is False
    assert ask("freeze", "--tenant", "acme")["frozen"] is True
    assert ask("reset", "acme")["now"] == "2026-03-02T09:00:00Z"
    gone = command("sandbox", "delete-tenant", "acme")
    assert (gone.exit_code, gone.stderr) == (
        0,
        "Tenant acme is deleted, with its returns, keys, webhooks and ledger.\n",
    )
    assert "acme" not in command("sandbox", "tenants").stdout


def test_return_is_moved_and_appears_in_the_ledger(command: Command, url: str) -> None:
    key = {"Authorization": "Bearer sandbox-demo-returnmate"}
    pending = httpx.get(f"{url}/returnmate/v1/rmas?status=pending", headers=key).json()["data"][0]["id"]
    moved = command("sandbox", "move", "returnmate", pending, "approved", "--format", "json")
    assert json.loads(moved.stdout)["document"]["status"] == "approved"
    shown = command(
        "sandbox", "ledger", "--kind", "return.state_changed", "--limit", "1000", "--format", "json"
    )
    last = json.loads(shown.stdout)["events"][-1]
    assert (last["subject"], last["body"]["to"]) == (pending, "approved")
    refused = command("sandbox", "move", "returnmate", pending, "completed")
    assert refused.exit_code == 5
    assert refused.stderr.count("\n") == 1
    assert "approved" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("credentials", "--tenant", "unknown"), 2, 'There is no tenant named "unknown". Choose'),
        (("sandbox", "clock", "--tenant", "../tenants"), 2, 'There is no tenant named "../tenants".'),
        (
            ("sandbox", "create-tenant", "gold-shop", "--plan", "gold"),
            2,
            'There is no plan named "gold". Choose',
        ),
        (
            ("sandbox", "clock", "--url", "http://127.0.0.1:9"),
            1,
            "No sandbox answers at http://127.0.0.1:9 (connection refused); start one",
        ),
        (
            ("sandbox", "clock", "--url", "nonsense"),
            2,
            "'nonsense' is not a valid address; write it like",
        ),
        (("sandbox", "acts", "unknown"), 2, 'There is no vendor named "unknown". Choose exsited'),
        (("sandbox", "act", "returngo", "juggle"), 2, 'There is no act of returngo named "juggle". Choose'),
        (("sandbox", "act", "returngo", "validate_items", "-i", "rmaId"), 2, "'rmaId' is not of the form"),
        (("sandbox", "act", "returnlogic", "install_app"), 5, "redirect_uri is required."),
        (
            ("sandbox", "ledger", "--vendor", "retrunmate"),
            2,
            'There is no vendor named "retrunmate". Did you mean "returnmate"?',
        ),
        (
            ("sandbox", "ledger", "--kind", "return.craeted"),
            2,
            'There is no kind of event named "return.craeted". Did',
        ),
        (("sandbox", "deliveries", "--last", "0"), 5, "last must be at least 1."),
        (("sandbox", "ledger", "--last", "1", "--limit", "1"), 2, "Use either --limit for the oldest"),
        (("sandbox", "advance", "3x"), 2, "'3x' is not a duration; write for example 3d, 2h, 90m"),
        (("sandbox", "advance", "999999999999d"), 2, "'999999999999d' is too long"),
        (("sandbox", "advance", "3"), 2, "'3' has no unit; write for example 3d, 3h, 3m or 3s."),
        (
            ("sandbox", "advance", "--until", "2026-03-04"),
            2,
            "'2026-03-04' has no time zone; in UTC, write 2026-03-04T00:00:00Z.",
        ),
        (("sandbox", "keys", "--tenant", "unknown"), 2, 'There is no tenant named "unknown".'),
        (
            ("sandbox", "create-key", "returnmate", "odd", "--scope", "rmas:destroy"),
            2,
            'There is no scope of returnmate named "rmas:destroy". Choose',
        ),
    ],
)
def test_failure_is_reported_in_one_sentence(
    command: Command, arguments: tuple[str, ...], code: int, says: str
) -> None:
    done = command(*arguments)
    assert done.exit_code == code
    assert done.stderr.startswith(says)
    assert done.stderr.count("\n") == 1


def test_narrow_terminal_wraps_ids_without_truncating(url: str, tmp_path: Path) -> None:
    arguments = ("sandbox", "ledger", "--limit", "1", "--url", url)
    done = run(tmp_path, *arguments, FORCE_COLOR="1", COLUMNS="60", TERM="xterm")
    assert "sequence" in done.stdout
    assert "…" not in done.stdout


def test_reset_warns_that_triggers_start_over(command: Command) -> None:
    command("sandbox", "create-tenant", "again", "--seed-size", "0")
    done = command("sandbox", "reset", "again", "--format", "json")
    assert json.loads(done.stdout)["returns"] == dict.fromkeys(vendors.names(), 0)
    assert "--restart" in done.stderr


def test_client_commands_import_no_web_framework(tmp_path: Path) -> None:
    program = PROGRAM.replace("app()", "import sys; print(*sys.modules, sep='\\n')")
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment(tmp_path)
    ).stdout.split()
    assert "typer" in loaded
    assert not {"connexion", "flask", "reportlab", "starlette", "uvicorn", "sqlalchemy"} & set(loaded)


def test_plan_of_a_key_in_use_is_changed(command: Command) -> None:
    command("sandbox", "create-tenant", "grown", "--seed-size", "0")
    arguments = ("--second", "9", "--day", "400", "--tenant", "grown", "--format", "json")
    shown = json.loads(command("sandbox", "plan", "returnmate", *arguments).stdout)
    assert (shown["name"], shown["windows"]) == ("default", {"second": 9, "day": 400})
    named = command("sandbox", "plan", "returnmate", "enterprise", "--tenant", "grown").stdout
    assert "enterprise" in named
    neither = command("sandbox", "plan", "returnmate")
    assert (neither.exit_code, "Name either a plan, or limits" in neither.stderr) == (2, True)


def test_unknown_switch_is_refused(command: Command) -> None:
    refused = command("sandbox", "switch", "returnmate", "invisible", "on")
    assert (refused.exit_code, refused.stderr) == (
        2,
        'There is no switch of returnmate named "invisible", and no other.\n',
    )
    assert isinstance(json.loads(command("sandbox", "switches", "--format", "json").stdout)["switches"], list)


def shown(command: Command, *arguments: str) -> Any:
    done = command("sandbox", *arguments, "--format", "json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_newest_events_or_those_after_a_sequence_number_are_shown(command: Command) -> None:
    everything = shown(command, "ledger", "--limit", "1000")["events"]
    while more := shown(command, "ledger", "--after", str(everything[-1]["sequence"]))["events"]:
        everything += more
    assert shown(command, "ledger", "--last", "3")["events"] == everything[-3:]
    of_swap = [event for event in everything if event["vendor"] == "swap"]
    assert shown(command, "ledger", "--last", "2", "--vendor", "swap")["events"] == of_swap[-2:]
    rows = command("sandbox", "ledger", "--last", "1").stdout.splitlines()
    assert rows[1].split()[0] == str(everything[-1]["sequence"])


def test_keys_are_created_with_scopes_and_plan_and_listed_without_secrets(command: Command, url: str) -> None:
    command("sandbox", "create-tenant", "keyed", "--seed-size", "1")
    options = ("--scope", "rmas:read", "--plan", "enterprise", "--tenant", "keyed")
    made = shown(command, "create-key", "returnmate", "reader", *options)
    assert (made["scopes"], made["plan"]) == (["rmas:read"], "enterprise")
    headers = made["credentials"]["headers"]
    assert httpx.get(f"{url}/returnmate/v1/rmas", headers=headers).status_code == 200
    assert httpx.get(f"{url}/returnmate/v1/reports/returns", headers=headers).status_code == 403
    again = command("sandbox", "create-key", "returnmate", "reader", *options)
    assert (again.exit_code, again.stderr.count("\n")) == (5, 1)

    printed = command("sandbox", "create-key", "returnmate", "all", "--tenant", "keyed").stdout
    (secret,) = [line.split()[1] for line in printed.splitlines() if line.startswith("api_key")]
    opens = {"Authorization": f"Bearer {secret}"}
    assert httpx.get(f"{url}/returnmate/v1/rmas", headers=opens).status_code == 200

    told = shown(command, "keys", "--tenant", "keyed")
    assert told == httpx.get(f"{url}/__sandbox/tenants/keyed/keys").json()
    listed = command("sandbox", "keys", "--tenant", "keyed").stdout
    assert re.search(r"returnmate +reader +rmas:read +enterprise", listed)
    for text in (listed, json.dumps(told)):
        assert secret not in text
        assert made["credentials"]["fields"]["api_key"] not in text


def test_acts_are_listed_and_run(command: Command) -> None:
    listed = shown(command, "acts")["acts"]
    assert {(one["vendor"], one["name"]) for one in listed} >= {("returnlogic", "install_app")}
    assert shown(command, "acts", "returngo")["acts"] == [o for o in listed if o["vendor"] == "returngo"]
    table = command("sandbox", "acts").stdout
    assert re.search(r"returngo +validate_items +Records .* rmaId +string *\n", table)
    assert re.search(r"^ +items\[0\]\.isReturned +boolean *$", table, re.MULTILINE)
    assert command("sandbox", "acts", "swap").stderr == "swap has no acts.\n"

    where = ("--input", "redirect_uri=https://app.example.com/back")
    led = shown(command, "act", "returnlogic", "install_app", *where)["document"]
    assert any("https://app.example.com/back?code=" in str(value) for value in led.values())


def test_returned_items_are_recorded_by_an_act(command: Command, url: str) -> None:
    login = shown_login(command, "returngo")
    rmas = httpx.get(f"{url}/returngo/rmas?pagesize=500", headers=login).json()["rmas"]
    id_ = next(one["rmaId"] for one in rmas if one["status"] in {"Received", "Validated", "Done"})
    rma = httpx.get(f"{url}/returngo/rma/{id_}", headers=login).json()
    told = [f"rmaId={id_}"]
    for index, item in enumerate(rma["items"]):
        at = f"items[{index}]"
        told += [f"{at}.returnedItemId={item['returnedItemId']}", f"{at}.isReturned=yes"]
        told += [f"{at}.isRestockable=no", f"{at}.nonRestockableReason=torn"]
    done = command("sandbox", "act", "returngo", "validate_items", *(w for one in told for w in ("-i", one)))
    assert done.exit_code == 0, done.output
    assert "torn" in done.stdout
    now = httpx.get(f"{url}/returngo/rma/{id_}", headers=login).json()
    assert {one["itemValidationStatusResponse"]["isRestockable"] for one in now["items"]} == {False}


def shown_login(command: Command, vendor: str) -> dict[str, str]:
    told = json.loads(command("credentials", "--format", "json").stdout)
    headers: dict[str, str] = told["vendors"][vendor]["headers"]
    return headers


def test_deliveries_show_waiting_webhooks(command: Command, url: str) -> None:
    nothing = command("sandbox", "deliveries")
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (
        0,
        "",
        "There are no deliveries to show.\n",
    )
    login = shown_login(command, "returngo")
    hook = {"url": "http://127.0.0.1:9/in?token=hush", "eventName": "RMA_STATUS_UPDATED"}
    assert httpx.post(f"{url}/returngo/webhook", headers=login, json=hook).status_code == 200
    rmas = httpx.get(f"{url}/returngo/rmas?pagesize=500", headers=login).json()["rmas"]
    moves = {"Pending": "Approved", "Approved": "Received", "Received": "Validated", "Validated": "Done"}
    movable = [one for one in rmas if one["status"] in moves][:2]
    assert len(movable) == 2
    for rma in each(movable):
        done = command("sandbox", "move", "returngo", rma["rmaId"], moves[rma["status"]])
        assert done.exit_code == 0, done.output
    everything = shown(command, "deliveries")["deliveries"]
    assert {(one["vendor"], one["state"]) for one in everything} == {("returngo", "waiting")}
    assert [one["id"] for one in shown(command, "deliveries", "--last", "1")["deliveries"]] == [
        everything[-1]["id"]
    ]
    table = command("sandbox", "deliveries").stdout
    assert "waiting" in table
    assert "hush" not in table


def test_control_characters_in_a_shoppers_text_do_not_break_a_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(("note", "more"), [("[/bold] \x1b[2J", {"on": True, "of": [1, None], "not": None})])
    printed = capsys.readouterr().out
    assert "[/bold] \N{REPLACEMENT CHARACTER}[2J" in printed
    assert "on yes · of 1, " in printed


def test_requests_are_listed_shown_and_deleted(command: Command, url: str) -> None:
    login = {"Authorization": "Bearer sandbox-demo-returnmate"}
    httpx.get(f"{url}/returnmate/v1/rmas?per_page=0", headers=login)
    httpx.get(f"{url}/returnmate/v1/rmas", headers={"Authorization": "Bearer sandbox-demo-wrong-key-x"})
    table = command("sandbox", "requests", "--vendor", "returnmate").stdout
    invalid, unknown = table.splitlines()[-2:]
    assert "per_page must be at least 1." in invalid
    assert "unknown" in unknown
    assert "This API key is not known here." in unknown
    found = json.loads(command("sandbox", "requests", "--status", "400", "--format", "json").stdout)
    (exchange,) = found["requests"]
    detail = command("sandbox", "request", str(exchange["id"])).stdout
    assert "GET /returnmate/v1/rmas?per_page=0" in detail
    assert "authorization: Bearer ***mate" in detail
    assert '"VALIDATION_ERROR"' in detail
    shown = json.loads(command("sandbox", "request", str(exchange["id"]), "--format", "json").stdout)
    assert shown == exchange
    assert "sandbox-demo-wrong-key-x" not in table + detail
    command("sandbox", "clear-requests")
    command("sandbox", "clear-requests", "--no-tenant")
    assert "No request matches" in command("sandbox", "requests").stderr
    assert command("sandbox", "request", str(exchange["id"])).exit_code == 4
