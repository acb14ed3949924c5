"""The wheel, built from the source archive and installed in an empty environment, serves and polls."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from support.sandbox import Sandbox, running

ROOT = Path(__file__).parents[2]


def run(*command: str, cwd: Path, **environment: str) -> str:
    """Run a command to its end; return its output, or fail with all of it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RETURNS_", "PYTHON"))}
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, env={**kept, **environment}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create an environment with the wheel and its dependencies at the locked versions."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    (archive,) = folder.glob("*.tar.gz")
    _check_sources(archive)
    uv = str(Path(sys.executable).with_name("uv"))
    run(uv, "venv", "--quiet", "--python", sys.executable, str(folder / "env"), cwd=folder)
    installed = folder / "env" / "bin" / "python"
    lock = ROOT / "requirements.lock"
    run(uv, "pip", "install", "--quiet", "--python", str(installed), "-c", str(lock), str(wheel), cwd=folder)
    return installed


def _check_sources(archive: Path) -> None:
    """Check that the source archive contains the three packages and their data, and no tests."""
    with tarfile.open(archive) as file:
        tops = {name.split("/")[1] for name in file.getnames()}
    packages, texts = {"connector", "mock_server", "openapi"}, {"README.md", "LICENSE"}
    assert tops == {*packages, *texts, "pyproject.toml", "PKG-INFO", ".gitignore"}


def test_wheel_serves_and_polls_in_an_empty_environment(python: Path, tmp_path: Path) -> None:
    with running(tmp_path, python=str(python)) as sandbox:
        state = str(tmp_path / "cursors.sqlite3")
        returns(python, sandbox, tmp_path, "trigger", "returnmate", "new_return", "--state", state)
        options = tmp_path / "return.json"
        options.write_text(
            json.dumps(
                {
                    "order_number": "#1001",
                    "customer_email": "priya.nair@example.com",
                    "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}],
                }
            )
        )
        command = ("action", "returnmate", "create_return", "--json", str(options), "--format", "json")
        made = json.loads(returns(python, sandbox, tmp_path, *command))
        command = ("trigger", "returnmate", "new_return", "--state", state, "--format", "json")
        seen = [json.loads(line) for line in returns(python, sandbox, tmp_path, *command).splitlines()]
        assert [event["data"]["id"] for event in seen] == [made["id"]]
        assert returns(python, sandbox, tmp_path, *command) == ""


def returns(python: Path, sandbox: Sandbox, folder: Path, *words: str) -> str:
    """Run the environment's console script against the sandbox."""
    script = str(python.with_name("returns"))
    return run(script, *words, cwd=folder, RETURNS_SANDBOX_URL=sandbox.url, HOME=str(folder))
