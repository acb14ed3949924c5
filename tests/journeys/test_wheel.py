"""The wheel, built from the source archive and installed in an empty environment, serves, polls and tests."""

import json
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from support.each import each
from support.sandbox import Sandbox, running
from support.wheel import LOCK, ROOT, UV, Built, build, environment, install, run

PACKAGES = ("connector", "mock_server", "openapi")
PROJECT = """
import httpx

def test_tenant_has_returns_and_webhooks_arrive(returns_tenant, returns_webhooks):
    login = returns_tenant.credentials("returngo")
    webhook = {"url": returns_webhooks.url, "eventName": "RMA_CREATED"}
    url = f"{login.base_url}/webhook"
    assert httpx.post(url, headers=dict(login.headers), json=webhook).status_code == 200
    item = {"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}
    created = returns_tenant.create_return("returngo", items=[item])
    returns_tenant.clock.advance("3d")
    assert created.id in str(returns_webhooks.wait(1)[0].json())

def test_another_tenant_starts_afresh(returns_tenant):
    with returns_tenant.client("returnmate") as client:
        assert client.get("/rmas").json()["meta"]["total"] == 25
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def python(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create an environment with the wheel and its dependencies, and with pytest."""
    return install(tmp_path_factory.mktemp("wheel"), str(built.wheel), "pytest", "pytest-xdist")


def test_source_archive_holds_the_packages_and_no_tests(built: Built) -> None:
    with tarfile.open(built.sources) as file:
        tops = {name.split("/")[1] for name in file.getnames()}
    texts = {"README.md", "LICENSE"}
    assert tops == {*PACKAGES, *texts, "pyproject.toml", "PKG-INFO", ".gitignore"}


def test_wheel_holds_every_file_of_the_packages(built: Built) -> None:
    """Compare with git: documents, catalogs, templates, static files and `py.typed` are data, not modules."""
    tracked = set(run("git", "ls-files", "--", *PACKAGES, cwd=ROOT).split())
    with zipfile.ZipFile(built.wheel) as file:
        held = {name for name in file.namelist() if name.split("/")[0] in PACKAGES}
    assert {"openapi/sandbox.yaml", "mock_server/py.typed"} <= held
    assert sorted(tracked - held) == []


def test_wheel_does_not_require_pytest(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as file:
        (metadata,) = (name for name in file.namelist() if name.endswith(".dist-info/METADATA"))
        required = Parser().parsestr(file.read(metadata).decode()).get_all("Requires-Dist")
    assert required
    assert [one for one in each(required) if "pytest" in one] == []


def test_wheel_serves_and_polls_in_an_empty_environment(python: Path, tmp_path: Path) -> None:
    with running(tmp_path, program=python.with_name("returns")) as sandbox:
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


@pytest.mark.parametrize("options", [(), ("-n", "2", "--strict-markers")])
def test_strangers_project_uses_the_plugin(python: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "test_mine.py").write_text(PROJECT)
    printed = run(str(python), "-m", "pytest", "-q", *options, cwd=tmp_path, HOME=str(tmp_path))
    assert "2 passed" in printed


def test_uvx_serves_without_an_installation(built: Built, tmp_path: Path) -> None:
    uvx = [
        UV,
        "tool",
        "run",
        "--python",
        sys.executable,
        "--constraints",
        str(LOCK),
        "--from",
        str(built.wheel),
    ]
    ready = tmp_path / "ready.json"
    serve = ["returns", "serve", "--port", "0", "--database", "sqlite://", "--ready-file", str(ready)]
    with subprocess.Popen(
        [*uvx, *serve], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            lines = iter(process.stdout.readline, "")
            assert any("Ctrl-C stops the sandbox." in line for line in lines)
            url = json.loads(ready.read_text())["url"]
            health = json.loads(
                run(*uvx, "returns", "sandbox", "health", "--url", url, "--format", "json", cwd=tmp_path)
            )
            assert health["status"] == "ok"
        finally:
            process.terminate()
