"""What the commands of the sandbox print: help, lists, payloads and narrow tables."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from support.each import each
from support.sandbox import Sandbox as Running
from support.sandbox_commands import COMMANDS, Ran, run

from mock_server.testing import Sandbox, Tenant

Command = Callable[..., Ran]
LISTS_BY_VENDOR = {
    "deliveries",
    "faults",
    "keys",
    "ledger",
    "next",
    "requests",
    "returns",
    "switches",
    "webhooks",
}
NEWEST = {"deliveries", "ledger", "requests", "returns"}
"""Lists that grow, so that people ask for the newest entries."""


@pytest.fixture(scope="module")
def tenant(sandbox: Running) -> Iterator[Tenant]:
    with Sandbox(sandbox.url) as client:
        made = client.create_tenant("printed", seed_size=3, first_moment="2026-03-02T09:00:00Z")
        yield made
        made.delete()


@pytest.fixture(scope="module")
def printed(sandbox: Running, tenant: Tenant) -> Command:
    def of_tenant(*words: str, **environment: str) -> Ran:
        done = run(sandbox.url, "sandbox", *words, "--tenant", tenant.name, **environment)
        assert done.exit_code == 0, done.stderr
        return done

    return of_tenant


def options(*words: str) -> set[str]:
    return {name for one in COMMANDS["sandbox", *words].params for name in one.opts}


def test_lists_share_their_options() -> None:
    assert {name for name in each(LISTS_BY_VENDOR) if "--vendor" not in options(name)} == set()
    assert {name for name in each(NEWEST) if "--last" not in options(name)} == set()
    with_format = {words for words in COMMANDS if words[0] == "sandbox" and "--format" in options(*words[1:])}
    assert len(with_format) > 30
    assert {words for words in each(with_format) if "--json" not in options(*words[1:])} == set()


def test_vendor_and_json_mean_the_same_for_every_list(tenant: Tenant, printed: Command) -> None:
    tenant.faults.add("latency", vendor="swap")
    tenant.faults.add("latency", vendor="returngo")
    tenant.webhooks.add("swap", "http://127.0.0.1:9/")
    tenant.webhooks.add("returnmate", "http://127.0.0.1:9/")
    login = tenant.credentials("swap")
    httpx.get(f"{login.base_url}/v2/external/returns", headers=login.headers, params=login.query)
    for name in each(LISTS_BY_VENDOR - {"deliveries", "next", "switches"}):
        (entries,) = [
            value for value in shown(printed, name, "--vendor", "swap").values() if isinstance(value, list)
        ]
        assert {entry["vendor"] for entry in each(entries)} == {"swap"}, name
    assert printed("keys", "--json").stdout == printed("keys", "--format", "json").stdout
    tenant.faults.clear()


def shown(printed: Command, *words: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(printed(*words, "--json").stdout)
    return document


def test_last_and_limit_mean_the_same_for_every_list(
    sandbox: Running, tenant: Tenant, printed: Command
) -> None:
    login = tenant.credentials("swap")
    for _ in range(3):
        httpx.get(f"{login.base_url}/v2/external/returns", headers=login.headers, params=login.query)
    for name, member, key in (("requests", "requests", "id"), ("ledger", "events", "sequence")):
        numbers = sorted(entry[key] for entry in shown(printed, name, "--last", "1000")[member])
        assert sorted(entry[key] for entry in shown(printed, name, "--last", "2")[member]) == numbers[-2:]
        assert sorted(entry[key] for entry in shown(printed, name, "--limit", "2")[member]) == numbers[:2]
        both = run(sandbox.url, "sandbox", name, "--last", "1", "--limit", "1")
        assert (both.exit_code, both.stderr.count("\n")) == (2, 1)
    newest = shown(printed, "returns", "--limit", "200")["returns"]
    assert shown(printed, "returns", "--last", "2")["returns"] == newest[:2]


def test_documents_are_printed_over_several_lines(printed: Command) -> None:
    inputs = ("items[0].sku=MUG-BLU", "items[0].quantity=1", "items[0].reason=damaged")
    words = [word for one in inputs for word in ("-i", one)]
    made = printed("create-return", "returnmate", *words).stdout
    assert max(map(len, made.splitlines())) < 120
    document = json.loads(made)
    moved = printed("move", "returnmate", document["id"], "approved").stdout
    assert json.loads(moved)["status"] == "approved"
    assert moved.count("\n") > 10
    as_json = printed("create-return", "returnmate", *words, "--json").stdout
    assert as_json.count("\n") == 1
    assert set(json.loads(as_json)) == {"vendor", "id", "document"}


def test_delivery_shows_its_payload_over_several_lines(tenant: Tenant, printed: Command) -> None:
    webhook = tenant.webhooks.add("swap", "http://127.0.0.1:9/")
    id_ = str(tenant.webhooks.test(webhook.id).id)
    found = printed("delivery", id_).stdout
    payload = found[found.index("\n{") : found.index("\n}") + 2]
    assert json.loads(payload) == shown(printed, "delivery", id_)["payload"]
    assert "attempt" in found


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_piped_table_is_as_wide_as_columns(printed: Command, columns: int) -> None:
    lines = printed("returns", COLUMNS=str(columns)).stdout.splitlines()
    words = max(len(word) for line in lines for word in line.split())
    assert max(map(len, each(lines))) <= max(columns, words + len("created: "))
    wide = printed("returns", COLUMNS="").stdout.splitlines()
    assert max(map(len, wide)) > columns


def test_token_that_the_sandbox_ignores_is_reported(sandbox: Running, printed: Command) -> None:
    done = printed("clock", "--token", "left-over")
    assert done.stderr.startswith("The sandbox requires no control token and ignored yours")
    assert printed("clock").stderr == ""
    assert "x-sandbox-token" not in httpx.get(f"{sandbox.url}/__sandbox/health").headers


def test_help_lists_the_commands_by_task_without_cutting_a_sentence() -> None:
    for columns in (80, 60):
        text = run("", "sandbox", "--help", COLUMNS=str(columns), TERMINAL_WIDTH="").stdout
        assert re.findall(r"^(\S.*):$", text, re.MULTILINE)[:4] == ["Options", "Tenants", "Returns", "Clock"]
        assert "..." not in text.partition("\n")[2]
        assert max(map(len, text.splitlines())) <= columns
    named = {words[1] for words in COMMANDS if words[0] == "sandbox"}
    assert {name for name in each(named) if not re.search(rf"^  {name} ", text, re.MULTILINE)} == set()


def test_every_help_text_is_a_whole_sentence() -> None:
    texts = {words: (command.help or "").split("\n\n")[0] for words, command in COMMANDS.items()}
    texts |= {
        (*words, one.name): re.sub(r"\s*\[default: .*\]$", "", one.help or "")
        for words, command in COMMANDS.items()
        for one in command.params
    }
    assert {
        words: text for words, text in each(texts.items()) if not re.match(r"[A-Z].*\.\Z", text, re.DOTALL)
    } == {}
