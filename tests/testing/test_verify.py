"""`returns sandbox verify` finds what was changed in the database file while the sandbox was stopped."""

import json
import sqlite3
from pathlib import Path

from typer.testing import CliRunner, Result

from mock_server.cli import commands
from mock_server.testing import started


def test_changed_file_is_found(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.db"
    options = {"database": f"sqlite:///{file}"}
    with started("--seed-size", "3", **options) as sandbox:
        tenant = sandbox.create_tenant("acme", seed_size=4)
        verified = tenant.verify()
        assert (verified.ok, verified.differences, verified.found) == (True, (), 0)
        assert verified.events == len(tenant.ledger())
        assert verified.not_verified
        clean = run(sandbox.url, "--tenant", "acme")
        assert (clean.exit_code, clean.stdout) == (0, "")
        assert "events of acme were compared: no differences." in clean.stderr
    database = sqlite3.connect(file)
    with database:
        where = "tenant = 'acme' AND kind = 'return' AND vendor = 'swap'"
        database.execute(f"UPDATE rows SET status = 'lost' WHERE {where}")
    database.close()
    with started("--seed-size", "3", **options) as sandbox:
        tenant = sandbox.tenant("acme")
        found = [one for one in tenant.verify().differences if one.part == "row"]
        assert {one.vendor for one in found} == {"swap"}
        assert len(found) == 4
        assert "its status is 'lost', but event" in found[0].message
        shown = run(sandbox.url, "--tenant", "acme")
        assert shown.exit_code == 1
        assert found[0].message in shown.stdout.splitlines()
        assert "differences." in shown.stderr
        printed = json.loads(run(sandbox.url, "--tenant", "acme", "--format", "json").stdout)
        assert printed["ok"] is False
        assert run(sandbox.url).exit_code == 0


def run(url: str, *words: str) -> Result:
    return CliRunner().invoke(commands(), ["verify", *words, "--url", url], env={"COLUMNS": "300"})
