"""`returns sandbox next`, `returns`, `return` and `advance --until`, and the same with the typed client."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import typer
from support.each import each
from support.sandbox import Sandbox as Running
from typer.testing import CliRunner, Result

from mock_server import vendors
from mock_server.cli.serve import register
from mock_server.testing import Sandbox, SandboxError, Tenant

ITEM = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}
Command = Callable[..., Result]


@pytest.fixture(scope="module")
def tenant(sandbox: Running) -> Iterator[Tenant]:
    with Sandbox(sandbox.url) as client:
        made = client.create_tenant(
            "forecast", seed_size=20, first_moment="2026-03-02T09:00:00Z", frozen=True
        )
        yield made
        made.delete()


@pytest.fixture
def command(sandbox: Running, tenant: Tenant) -> Command:
    program = typer.Typer()
    register(program)

    def ask(*arguments: str) -> Result:
        return CliRunner().invoke(
            program,
            ("sandbox", *arguments, "--tenant", tenant.name),
            env={"RETURNS_SANDBOX_URL": sandbox.url, "COLUMNS": "200"},
            catch_exceptions=False,
        )

    return ask


def read(command: Command, *arguments: str) -> Any:
    return json.loads(command(*arguments, "--format", "json").stdout)


def test_next_is_the_same_in_the_shell_and_in_python(command: Command, tenant: Tenant) -> None:
    told = tenant.next(limit=5)
    shown = read(command, "next", "--limit", "5")["next"]
    assert len(told) == len(shown) == 5
    for one, other in each(zip(told, shown, strict=True)):
        assert (iso(one.at), one.sentence) == (other["at"], other["sentence"])
        assert (one.vendor, one.return_id, one.status) == (other["vendor"], other["return"], other["status"])
    table = command("next", "--limit", "1").stdout
    assert told[0].return_id is not None
    assert told[0].return_id in table
    assert {one.vendor for one in tenant.next(vendor="swap")} == {"swap"}


def test_returns_are_listed_in_the_shell_and_in_python(command: Command, tenant: Tenant) -> None:
    listed = tenant.returns()
    assert len(listed) == 20 * len(vendors.names())
    first = listed[0]
    shown = read(command, "returns", "--limit", "1")
    assert (shown["total"], shown["returns"][0]["id"]) == (len(listed), first.id)
    assert first.amount is not None
    assert f"{first.amount}" == shown["returns"][0]["amount"]
    assert {one.id for one in tenant.returns(search=first.id)} == {first.id}
    done = tenant.returns(state="completed", vendor="swap")
    assert {one.status for one in each(done)} == {"completed"}
    table = command("returns", "--limit", "2")
    assert first.number in table.stdout
    assert f"Page 1 of {len(listed) // 2}, {len(listed)} returns." in table.stderr
    assert "There are no returns to show." in command("returns", "--search", "no such text").stderr


@pytest.mark.parametrize("vendor", vendors.names())
def test_return_is_shown_with_its_moves(command: Command, tenant: Tenant, vendor: str) -> None:
    created = tenant.create_return(vendor, items=[ITEM], customer_email="kim@example.com")
    details = tenant.get_return(vendor, created.id)
    assert details.document == created.document
    assert (details.summary.id, details.summary.vendor) == (created.id, vendor)
    shown = command("return", vendor, created.id).stdout
    for move in each(details.moves):
        assert f"{move.status}: {move.sentence}" in shown
    moved = details.moves[0]
    tenant.move(vendor, created.id, moved.status)
    assert tenant.get_return(vendor, created.id).summary.status == moved.status
    with pytest.raises(SandboxError, match="has no"):
        tenant.get_return(vendor, "none")


def test_clock_advances_until_an_event_in_the_shell_and_in_python(command: Command, tenant: Tenant) -> None:
    created = tenant.create_return("swap", items=[ITEM])
    first = tenant.next(limit=1)[0]
    assert tenant.clock.advance_to_next() == first.at
    second = tenant.next(limit=1)[0]
    shown = read(command, "advance", "--until", "next")
    assert (shown["clock"]["now"], shown["ran"][0]["subject"]) == (iso(second.at), second.subject)
    sentence = f"return {created.id} is in_transit"
    asked = command("advance", "--until", sentence, "--vendor", "swap", "--within", "2d")
    assert asked.exit_code == 0
    at = tenant.ledger(kind="return.state_changed", vendor="swap")[-1].at
    assert f"The clock shows {iso(at)}; " in asked.stderr
    assert tenant.get_return("swap", created.id).summary.status == "processing"
    assert tenant.clock.advance(until=sentence) == at
    assert tenant.clock.advance(until={"return": created.id, "status": "processing"}) == at
    later = at + timedelta(hours=1)
    assert tenant.clock.advance(until=later) == later
    assert read(command, "advance", "--until", iso(later))["clock"]["now"] == iso(later)
    never = command("advance", "--until", f"return {created.id} is cancelled")
    assert (never.exit_code, "stays processing: nothing is scheduled for it" in never.stderr) == (5, True)
    with pytest.raises(SandboxError, match="stays processing"):
        tenant.clock.advance(until=f"return {created.id} is cancelled")
    assert tenant.clock.now() == later


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Pass either a duration"),
        (("1d", "--until", "next"), "Pass either a duration"),
        (("--until", "soon"), "'soon' is not an event; write next"),
        (("1d", "--vendor", "swap"), "need --until with a return"),
        (("--until", "next", "--within", "1d"), "need --until with a return"),
        (("--until", "return 1 is x", "--within", "long"), "'long' is not a duration"),
    ],
)
def test_wrong_use_of_until_is_explained(command: Command, arguments: tuple[str, ...], says: str) -> None:
    asked = command("advance", *arguments)
    assert (asked.exit_code, says in asked.stderr) == (2, True), asked.stderr


def iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
