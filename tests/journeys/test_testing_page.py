"""The files and commands of docs/testing.md, as printed, with only the wheel and pytest installed."""

import os
import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
import yaml
from support import compose
from support.each import each
from support.sandbox import free_port
from support.wheel import ROOT, build, environment, install

PAGE = (ROOT / "docs" / "testing.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
PYTEST, NODE, CURL, ACTIONS, DOCKER = (
    "With pytest",
    "With Node's test runner",
    "With curl, from any other language",
    "In GitHub Actions",
    "In Docker",
)
SHELL = """
set -euo pipefail
pip() { [ "$1" = install ]; }
"""
"""The wheel is installed already."""
DOCKER_STAND_IN = """
docker() { [ "$1 $2" = 'compose up' ] || "${@:4}"; }
"""
"""The sandbox runs already; what would run in its container runs beside it."""
_PATIENCE = 120.0
"""Seconds until a script that does not end counts as failed."""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with `returns` and `pytest`."""
    folder = tmp_path_factory.mktemp("wheel")
    return install(folder, str(build(folder).wheel), "pytest").parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the page says to save, and nothing else."""
    saved = re.findall(r"[Ss]ave this as `([^`]+)`.*?\n\n```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for name, text in each(saved):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def commands(section: str) -> str:
    return "".join(re.findall(r"^```sh\n(.*?)^```", SECTIONS[section], re.MULTILINE | re.DOTALL))


def shell(script: str, folder: Path, programs: Path) -> str:
    """Run a script with the sandbox's default port moved to a free one; return its output."""
    port = str(free_port())
    variables = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "RETURNS_PORT": port,
        "RETURNS_SANDBOX_URL": f"http://127.0.0.1:{port}",
    }
    command = ["bash", "-c", SHELL + script.replace("127.0.0.1:4010", f"127.0.0.1:{port}")]
    log = folder / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(**variables),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        # `wait(timeout)` waits for a point in time, which fails if a tool fakes the time of day.
        guard = Timer(_PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
        guard.start()
        try:
            code = process.wait()
        finally:
            guard.cancel()
            with suppress(ProcessLookupError):  # no process is left in the group
                os.killpg(process.pid, signal.SIGTERM)
    printed = log.read_text("utf-8")
    assert code == 0, printed
    return printed


def test_pytest_passes(folder: Path, programs: Path) -> None:
    assert "1 passed" in shell(f"unset RETURNS_SANDBOX_URL\n{commands(PYTEST)}", folder, programs)


def test_node_passes(folder: Path, programs: Path) -> None:
    assert re.search(r"^. pass 1$", shell(commands(NODE), folder, programs), re.MULTILINE)


def test_curl_passes(folder: Path, programs: Path) -> None:
    start = commands(NODE).partition("node --test")[0]
    printed = shell(start + commands(CURL), folder, programs)
    assert re.search(r'^"attempts":[2-9]$', printed, re.MULTILINE)
    assert printed.endswith("The first call fails.\nThe second call succeeds.\n")


def test_commands_of_docker_pass_with_the_variables_of_the_container(folder: Path, programs: Path) -> None:
    variables = "\n".join(f"export {name}='{value}'" for name, value in compose.variables().items())
    start = commands(NODE).partition("node --test")[0]
    client = "unset RETURNS_CONTROL_TOKEN\n! returns sandbox tenants\n"
    printed = shell(f"{variables}\n{start}{DOCKER_STAND_IN}{client}{commands(DOCKER)}", folder, programs)
    assert "The control plane requires its token" in printed
    assert re.search(r"^demo ", printed, re.MULTILINE)
    assert re.search(r"^returnmate .* sandbox-demo-returnmate *$", printed, re.MULTILINE)


def jobs() -> dict[str, list[dict[str, Any]]]:
    (text,) = re.findall(r"^```yaml\n(.*?)^```", SECTIONS[ACTIONS], re.MULTILINE | re.DOTALL)
    return {name: job["steps"] for name, job in yaml.safe_load(text)["jobs"].items()}


@pytest.mark.parametrize("job", list(jobs()))
def test_steps_of_the_workflow_pass(job: str, folder: Path, programs: Path) -> None:
    """Run each step in a shell of its own, as GitHub does; what a step starts keeps running."""
    runs = [step["run"] for step in jobs()[job] if "run" in step]
    assert len(runs) > 1
    own = "" if job == "node" else "unset RETURNS_SANDBOX_URL\n"
    steps = "\n".join(f"( set -e\n{run}\n)" for run in runs)
    printed = shell(f"{own}{steps}", folder, programs)
    assert "1 passed" in printed or re.search(r"^. pass 1$", printed, re.MULTILINE)
