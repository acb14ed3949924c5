"""The workflow of docs/ci.md: its steps, run as printed, against a sandbox in place of the account."""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
import yaml
from support.each import each
from support.sandbox import Sandbox, free_port, running

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
TESTS = (ROOT / "docs" / "testing.md").read_text("utf-8")
SHELL = """
set -euo pipefail
pip() { [ "$1" = install ]; }
"""
"""The package is installed already."""
SECRET = re.compile(r"\$\{\{ secrets\.(\w+) \}\}")
PATIENCE = 120.0
"""Seconds until a script that does not end counts as failed."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with the test that docs/testing.md prints."""
    code = re.search(r"^```python\n(.*?)^```", TESTS, re.MULTILINE | re.DOTALL)
    assert code
    (tmp_path / "test_returns.py").write_text(code[1], "utf-8")
    return tmp_path


def workflow() -> dict[str, Any]:
    (text,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def script(job: str, port: int) -> str:
    """Return the steps of a job, each in a shell of its own with its variables, as GitHub runs them."""
    steps = []
    for step in workflow()["jobs"][job]["steps"]:
        if "run" in step:
            variables = "".join(f"export {name}='{text}'\n" for name, text in step.get("env", {}).items())
            steps.append(f"( set -e\n{variables}{step['run']}\n)")
    assert len(steps) > 1
    return SHELL + SECRET.sub("sandbox-demo-returnmate", "\n".join(steps)).replace(":4010", f":{port}")


def run(text: str, folder: Path, **variables: str) -> tuple[int, str]:
    """Run a script; end what it started; return its exit code and output."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RETURNS_")}
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    log = folder.parent / f"{folder.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["bash", "-c", text],
            cwd=folder,
            env={**kept, "PATH": programs, "HOME": str(folder), **variables},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        # `wait(timeout)` waits for a point in time, which fails if a tool fakes the time of day.
        guard = Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
        guard.start()
        try:
            code = process.wait()
        finally:
            guard.cancel()
            with suppress(ProcessLookupError):  # no process is left in the group
                os.killpg(process.pid, signal.SIGTERM)
    return code, log.read_text("utf-8")


def test_job_with_the_sandbox_passes(folder: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    code, printed = run(
        script("tests", port),
        folder,
        RETURNS_PORT=str(port),
        RETURNS_SEED_SIZE="25",
        RETURNS_SANDBOX_URL=address,
    )
    assert code == 0, printed
    assert "1 passed" in printed
    reports = folder / "reports"
    assert sorted(path.name for path in reports.iterdir()) == ["sandbox.html", "tests.xml"]
    assert "No difference from the specification." in (reports / "sandbox.html").read_text("utf-8")


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with running(tmp_path_factory.mktemp("account"), "--seed-size", "25") as sandbox:
        yield sandbox


def test_job_with_the_account_passes(folder: Path, account: Sandbox) -> None:
    base_url = f"{account.url}/returnmate/v1"
    code, printed = run(script("account", 4010), folder, RETURNS_RETURNMATE_BASE_URL=base_url)
    assert code == 0, printed
    assert "ReturnMate, profile environment" in printed
    files = sorted(path.name for path in (folder / "reports").iterdir())
    assert files == ["account.html", "account.xml", "facts.json"]


def test_job_with_a_refused_login_fails_with_a_sentence(folder: Path, account: Sandbox) -> None:
    wrong = script("account", 4010).replace("sandbox-demo-returnmate", "sandbox-no-such-key")
    code, printed = run(wrong, folder, RETURNS_RETURNMATE_BASE_URL=f"{account.url}/returnmate/v1")
    assert code == 3
    assert "ReturnMate refuses the login" in printed
    assert "sandbox-no-such-key" not in printed


def test_reports_are_published_after_failures_too() -> None:
    for job in each(workflow()["jobs"].values()):
        last = job["steps"][-1]
        assert last["uses"].startswith("actions/upload-artifact@")
        assert last["if"] == "always()"
        assert job["timeout-minutes"] > 0
    assert workflow()["permissions"] == {"contents": "read"}
