"""The Dockerfile, compose.yaml and the workflows: pinned, and what they configure works.

`make release-check` lints them with programs from a package registry.
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import make_url
from starlette.testclient import TestClient
from support import compose
from support.each import each
from typer.main import get_command

from connector.cli.hub import commands
from mock_server.app import create_app
from mock_server.settings import Settings

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
DEMO_KEY = {"Authorization": "Bearer sandbox-demo-returnmate"}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in compose.variables().items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_container_of_the_quickstart_admits_demo_keys_and_its_token(settings: Settings) -> None:
    memory = settings.model_copy(update={"database": "sqlite://", "seed_size": 3, "vendor": "returnmate"})
    with TestClient(create_app(memory), base_url="http://sandbox:4010") as client:
        assert client.get("/v1/rmas", headers=DEMO_KEY).status_code == 200
        assert client.get("/__sandbox/tenants").status_code == 401
        token = {"Authorization": f"Bearer {compose.variables()['RETURNS_CONTROL_TOKEN']}"}
        assert client.get("/__sandbox/tenants", headers=token).status_code == 200


def test_container_of_the_quickstart_sends_webhooks_to_its_network_only(settings: Settings) -> None:
    (subnet,) = COMPOSE["networks"]["sandbox"]["ipam"]["config"]
    neighbour = ip_address(subnet["subnet"].partition("/")[0]) + 7
    assert settings.targets.admit("receiver", neighbour)
    assert settings.targets.admit("host.docker.internal", ip_address("172.17.0.1"))
    for address in each(("127.0.0.1", "10.0.0.5", "169.254.169.254", "203.0.113.9")):
        assert not settings.targets.admit("receiver", ip_address(address)), address


def test_container_listens_on_the_port_that_compose_publishes(settings: Settings) -> None:
    assert (settings.host, settings.port) == ("0.0.0.0", 4010)
    assert COMPOSE["services"]["sandbox"]["ports"] == ["127.0.0.1:4010:4010"]
    assert "EXPOSE 4010" in DOCKERFILE


def test_data_is_in_the_volume_of_a_plain_user(settings: Settings) -> None:
    assert settings.database == "sqlite:////data/sandbox.sqlite3"
    assert re.search(r"^VOLUME /data$", DOCKERFILE, re.MULTILINE)
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    assert DOCKERFILE.rindex("\nUSER ") > DOCKERFILE.rindex("\nRUN ")


@pytest.mark.parametrize("name", ["hub-1", "hub-2"])
def test_hubs_share_a_database_and_a_key_and_have_a_port_each(name: str) -> None:
    hub = COMPOSE["services"][name]
    program, *options = hub["command"]
    context = get_command(commands).make_context(program, list(options))
    assert (context.params["host"], str(context.params["key_file"])) == ("0.0.0.0", "/data/hub.key")
    assert "keys:/data" in hub["volumes"]
    (subnet,) = COMPOSE["networks"]["sandbox"]["ipam"]["config"]
    assert context.params["webhook_allow"] == [subnet["subnet"], "host.docker.internal"]
    url = make_url(re.sub(r"\$\{\w+:-(.*?)\}", r"\1", hub["environment"]["RETURNS_HUB_DATABASE"]))
    database = COMPOSE["services"][url.host]
    assert (url.username, url.database) == (
        database["environment"]["POSTGRES_USER"],
        database["environment"]["POSTGRES_DB"],
    )
    assert url.password in database["environment"]["POSTGRES_PASSWORD"]
    assert hub["ports"] == [f"127.0.0.1:{4019 + int(name[-1])}:{context.params['port']}"]
    assert str(context.params["port"]) in hub["healthcheck"]["test"][-1]
    assert {hub["image"], COMPOSE["services"]["sandbox"]["image"]} == {"returns-sandbox"}
    assert '[hub]"' in DOCKERFILE


def test_the_quickstart_starts_the_sandbox_only() -> None:
    without_profile = [name for name, one in COMPOSE["services"].items() if "profiles" not in one]
    assert without_profile == ["sandbox"]


def test_base_image_is_pinned_by_its_digest() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert all(re.fullmatch(r"python:[\d.]+-slim-\w+@sha256:[0-9a-f]{64}", base) for base in each(bases))
    assert len(set(bases)) == 1


def test_files_that_the_image_needs_are_sent_to_the_builder() -> None:
    allowed = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE))
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for name in line.split()[:-1]
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in each(copied))


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_pin_actions_and_grant_little(path: Path) -> None:
    text = path.read_text("utf-8")
    workflow = yaml.safe_load(text)
    for name in each(re.findall(r"uses: (.*)", text)):
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", name), name
    assert workflow["permissions"] == {"contents": "read"}
    for job in each(workflow["jobs"].values()):
        assert job["timeout-minutes"] > 0
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in each(checkouts))


def test_workflows_use_targets_and_scripts_that_exist() -> None:
    runs = [
        step["run"] for path in WORKFLOWS for step in steps(yaml.safe_load(path.read_text())) if "run" in step
    ]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in each(re.findall(r"^make (\S+)$", "\n".join(runs), re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for script in each(re.findall(r"^(\.ci/\w+|tests/\S+\.py)$", "\n".join(runs), re.MULTILINE)):
        assert (ROOT / script).exists(), script


def test_release_publishes_with_identities_instead_of_tokens() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8"))
    jobs = workflow["jobs"]
    assert workflow[True] == {"push": {"tags": ["v*"]}}  # YAML 1.1 reads `on` as true
    for name in each(("pypi", "npm")):
        assert jobs[name]["permissions"]["id-token"] == "write"
        assert jobs[name]["environment"]
    secrets = re.findall(r"secrets\.(\w+)", (ROOT / ".github" / "workflows" / "release.yml").read_text())
    assert set(secrets) == {"GITHUB_TOKEN"}
    assert all(jobs[name]["needs"] == "build" for name in ("pypi", "image", "npm-packages"))
    assert any(step.get("run") == "npm publish --provenance --access public" for step in jobs["npm"]["steps"])
