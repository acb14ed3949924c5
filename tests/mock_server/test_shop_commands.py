"""The commands for a merchant's own shop, and the client of the tests."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from support.command import run, serving
from support.each import each
from support.shops import SMALL
from typer.testing import CliRunner, Result

from mock_server import vendors
from mock_server.cli.serve import register
from mock_server.shop import template
from mock_server.shop.document import LAST, parse
from mock_server.shop.mistakes import ShopError
from mock_server.testing import Sandbox

MOMENT = "2026-03-02T09:00:00Z"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.yaml"
    path.write_text(template.as_yaml(SMALL, "x"), "utf-8")
    return path


@pytest.fixture(scope="module")
def url(file: Path) -> Iterator[str]:
    """A sandbox that was started with the shop's file."""
    options = ("--database", "sqlite://", "--seed-file", str(file), "--first-moment", MOMENT)
    with serving(file.parent, *options) as started:
        yield started.url


def command(*arguments: str, url: str = "") -> Result:
    program = typer.Typer()
    register(program)
    settings = {"RETURNS_SANDBOX_URL": url, "COLUMNS": "200"}
    return CliRunner().invoke(program, arguments, env=settings, catch_exceptions=False)


def test_serve_starts_with_the_shop(url: str) -> None:
    control = httpx.get(f"{url}/__sandbox/tenants/demo").json()
    assert control["returns"] == dict.fromkeys(vendors.names(), 1)
    assert (control["shop"], control["seed_size"]) == (True, 0)
    found = httpx.get(f"{url}/__sandbox/tenants/demo/credentials").json()["vendors"]["returnmate"]
    listed = httpx.get(f"{found['base_url']}/rmas", headers=found["headers"]).json()["data"]
    assert [one["order_number"] for one in listed] == ["#5001"]


def test_serve_refuses_a_broken_file_with_its_lines(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("orders:\n  - numbr: 1\n", "utf-8")
    done = run(tmp_path, "serve", "--port", "0", "--database", "sqlite://", "--seed-file", str(broken))
    assert done.returncode == 2
    assert f'{broken}:2:5: orders[0].numbr: There is no field named "numbr". Did' in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_refuses_both_a_file_and_a_size(file: Path) -> None:
    done = command("serve", "--seed-file", str(file), "--seed-size", "3")
    assert done.exit_code == 2
    assert "leave out --seed-size" in done.stderr


def test_tenant_is_created_from_a_file(url: str, file: Path) -> None:
    options = ("--seed-file", str(file), "--first-moment", MOMENT, "--frozen")
    assert command("sandbox", "create-tenant", "mugs", *options, url=url).exit_code == 0
    assert httpx.get(f"{url}/__sandbox/tenants/mugs").json()["shop"] is True
    command("sandbox", "delete-tenant", "mugs", url=url)


def test_wrong_file_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(template.as_yaml({**SMALL, "orders": []}, "x"), "utf-8")
    done = command("sandbox", "create-tenant", "mugs", "--seed-file", str(broken), url="http://127.0.0.1:9")
    assert done.exit_code == 2
    assert re.search(r"broken\.yaml:\d+:\d+: returns\[0\]\.order: There is no order named", done.stderr)


def test_exported_file_starts_a_tenant_with_the_same_returns(url: str, tmp_path: Path) -> None:
    exported = command("sandbox", "export", url=url)
    assert re.match(r"# yaml-language-server: \$schema=http://\S+/shop.schema.json\n", exported.stdout)
    again = tmp_path / "exported.yaml"
    again.write_text(exported.stdout, "utf-8")
    options = ("--seed-file", str(again), "--first-moment", MOMENT, "--frozen")
    assert command("sandbox", "create-tenant", "again", *options, url=url).exit_code == 0
    shops = [httpx.get(f"{url}/__sandbox/tenants/{name}/shop").json() for name in ("demo", "again")]
    for kind in each(["products", "customers"]):
        assert shops[0][kind] == shops[1][kind]
    orders = [[(order["number"], order["items"]) for order in shop["orders"]] for shop in shops]
    assert orders[0] == orders[1]
    told = [[(one["order"], one["status"], one["items"]) for one in shop["returns"]] for shop in shops]
    assert told[0] == told[1]
    command("sandbox", "delete-tenant", "again", url=url)


def test_template_is_printed_or_written_beside_its_schema(tmp_path: Path) -> None:
    printed = command("sandbox", "seed-template").stdout
    assert printed.startswith("# yaml-language-server: $schema=http://127.0.0.1:4010/shop.schema.json\n")
    file = tmp_path / "shop.yaml"
    assert command("sandbox", "seed-template", str(file)).exit_code == 0
    assert file.read_text("utf-8").startswith("# yaml-language-server: $schema=./shop.schema.json\n")
    assert (tmp_path / "shop.schema.json").read_bytes() == template.SCHEMA.read_bytes()
    assert parse(file.read_bytes(), "shop.yaml", LAST)[0] == parse(printed.encode(), "-", LAST)[0]
    file.write_text("mine", "utf-8")
    refused = command("sandbox", "seed-template", str(file))
    assert (refused.exit_code, file.read_text("utf-8")) == (2, "mine")
    assert "pass --force to replace it" in refused.stderr
    assert command("sandbox", "seed-template", str(file), "--force").exit_code == 0
    assert file.read_text("utf-8") != "mine"
    nowhere = command("sandbox", "seed-template", str(tmp_path / "missing" / "shop.yaml"))
    assert nowhere.exit_code == 2
    assert "cannot be written" in nowhere.stderr


@pytest.mark.parametrize("as_path", [False, True])
def test_client_creates_a_tenant_with_a_shop(url: str, file: Path, as_path: bool) -> None:
    shop: Any = file if as_path else SMALL
    with Sandbox(url) as sandbox:
        tenant = sandbox.create_tenant("client", shop=shop, first_moment=MOMENT, frozen=True)
        assert [order["number"] for order in tenant.export_shop()["orders"]] == ["#5001"]
        tenant.delete()
        with pytest.raises(ShopError, match=r"missing\.yaml: cannot be read"):
            sandbox.create_tenant("client", shop="missing.yaml")


def test_mark_of_the_plugin_takes_a_shop(url: str, file: Path, tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(
        f"""
import pytest

@pytest.mark.returns_tenant(shop={str(file)!r})
def test_shop(returns_tenant):
    assert [order["number"] for order in returns_tenant.export_shop()["orders"]] == ["#5001"]
""",
        "utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "RETURNS_SANDBOX_URL": url},
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
