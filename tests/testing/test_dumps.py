"""Export and import of tenants over HTTP, by the client and the command line."""

import json
from pathlib import Path

import pytest
from support.sandbox import Sandbox as Running
from typer.testing import CliRunner, Result

from mock_server.cli import commands
from mock_server.testing import Sandbox, SandboxError, started


def test_tenant_moves_to_another_sandbox(sandbox: Running, tmp_path: Path) -> None:
    file = tmp_path / "acme.json"
    with Sandbox(sandbox.url) as client:
        tenant = client.create_tenant(
            "dumped", seed_size=60, first_moment="2026-03-02T09:00:00Z", frozen=True
        )
        tenant.clock.advance("3d")
        done = run(sandbox.url, "dump", str(file), "--tenant", "dumped")
        assert done.exit_code == 0, done.output
        ledger, now = tenant.ledger(), tenant.clock.now()
        with tenant.client("swap") as http:
            returns = http.get("/returns?version=v2").json()
        tenant.delete()
    assert file.stat().st_size > 1_048_576, "larger than other bodies may be"
    with started("--seed-size", "0") as other:
        shown = json.loads(run(other.url, "load", str(file), "--name", "copy", "--format", "json").stdout)
        assert (shown["name"], shown["returns"]["returngo"]) == ("copy", 60)
        copy = other.tenant("copy")
        assert (copy.ledger(), copy.clock.now()) == (ledger, now)
        with copy.client("swap") as http:
            assert http.get("/returns?version=v2").json() == returns
        assert copy.verify().differences == ()
        document = copy.dump()
        document["rows"][7]["vendor"] = "unknown"
        document["events"][0]["body"] = None
        with pytest.raises(SandboxError, match=r"events\[0\]\.body ") as refused:
            other.load(document, "third")
        assert refused.value.status == 400
        document["events"][0]["body"] = {}
        with pytest.raises(SandboxError, match=r"rows\[7\]\.vendor: There is no vendor named "):
            other.load(document, "third")
        taken = run(other.url, "load", str(file), "--name", "copy")
        assert (taken.exit_code, taken.output) == (5, "There is a tenant 'copy' already.\n")


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    done = run("http://127.0.0.1:9", "load", str(tmp_path / "missing.json"))
    assert done.exit_code == 2
    assert "missing.json cannot be read: No such file or directory." in done.output


def run(url: str, *words: str) -> Result:
    return CliRunner().invoke(commands(), [*words, "--url", url], env={"COLUMNS": "300"})
