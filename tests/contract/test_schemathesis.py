"""The sandbox against its own OpenAPI documents, by Schemathesis: all phases, all checks."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.sandbox import Sandbox, running

from mock_server import vendors

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "15"))
"""Examples per operation and phase; `make contract` sets 1,000."""


def schemathesis(document: str, base_url: str, headers: dict[str, str], config: Path = CONFIG) -> str:
    """Run all phases against one API and return the report; fail on any finding."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file",
        str(config),
        "run",
        document,
    ]
    command += ["--url", base_url, "--max-examples", str(EXAMPLES), "--request-timeout", "10"]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    run = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"}
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def with_parameters(query: Mapping[str, str], folder: Path) -> Path:
    """Return a configuration with the login's query parameters; without them, every lookup returns 404."""
    lines = [f"{json.dumps(f'query.{name}')} = {json.dumps(value)}" for name, value in query.items()]
    path = folder / "schemathesis.toml"
    path.write_text("\n".join([CONFIG.read_text(), "[parameters]", *lines, ""]))
    return path


@pytest.mark.parametrize("vendor", vendors.names())
def test_vendor_conforms_to_its_document(sandbox: Sandbox, vendor: str, tmp_path: Path) -> None:
    tenant = sandbox.tenant(f"contract-{vendor}", limits="off")
    found = sandbox.credentials(vendor, tenant)
    config = with_parameters(found["query"], tmp_path)
    report = schemathesis(f"{found['base_url']}/openapi.json", found["base_url"], found["headers"], config)
    assert "Stateful" in report, report


def test_control_plane_conforms_to_its_document(tmp_path: Path) -> None:
    # The phases delete tenants and move clocks, so they need a separate sandbox.
    with running(tmp_path) as sandbox:
        base_url = f"{sandbox.url}/__sandbox"
        schemathesis(f"{base_url}/openapi.json", base_url, {})
