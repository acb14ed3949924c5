"""Options and files of the commands that cannot be used: sentences, exit code 2, and portable files."""

from pathlib import Path

import httpx
import jsonschema_rs
import pytest
import yaml
from support.sandbox import Sandbox, free_port
from support.sandbox_commands import Ran, run

import openapi
from mock_server.cli import durations
from mock_server.cli.environment import ignored_secrets
from mock_server.cli.tenants import MAX_SEED_SIZE
from mock_server.shop import template

SCHEMAS = openapi.read(openapi.CONTROL_PLANE)["components"]["schemas"]


def refused(*words: str, **environment: str) -> str:
    done = run("", *words, **environment)
    assert done.exit_code == 2, done.stderr
    assert done.stderr.count("\n") == 1
    return done.stderr.strip()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("advance 1000000d", "'1000000d' is too long; a clock moves by at most 3650d (10 years) at once."),
        ("advance 521w4d1h", "'521w4d1h' is too long"),
        ("advance --until 'return x is y' --within 9999d", "'9999d' is too long"),
    ],
)
def test_too_long_duration_is_explained_in_the_units_that_people_type(words: str, sentence: str) -> None:
    import shlex

    assert refused("sandbox", *shlex.split(words)).startswith(sentence)


def test_limits_of_the_commands_are_those_of_the_control_plane() -> None:
    assert SCHEMAS["Advance"]["properties"]["seconds"]["maximum"] == durations.LONGEST_DAYS * 86_400
    assert SCHEMAS["StatusReached"]["properties"]["within_days"]["maximum"] == durations.LONGEST_DAYS
    (new,) = [one for name, one in SCHEMAS.items() if name == "NewTenant"]
    assert new["properties"]["seed_size"]["maximum"] == MAX_SEED_SIZE


def test_clock_that_cannot_go_further_names_its_time(sandbox: Sandbox) -> None:
    tenant = sandbox.tenant("far", seed_size=0, first_moment="2199-12-31T00:00:00Z", frozen=True)
    done = run(sandbox.url, "sandbox", "advance", "3650d", "--tenant", tenant)
    assert (done.exit_code, done.stderr) == (
        5,
        "The clock shows 2199-12-31T00:00:00Z and cannot go beyond the year 2199.\n",
    )


def test_bad_path_of_a_template_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "shop.yaml"
    assert refused("sandbox", "seed-template", str(missing)) == (
        f"{missing} cannot be written: {missing.parent} is not a folder."
    )
    assert refused("sandbox", "seed-template", str(tmp_path)) == f"{tmp_path} is a folder; name a file."
    assert [*tmp_path.iterdir()] == []


def test_exported_shop_names_the_schema_that_the_sandbox_serves(sandbox: Sandbox) -> None:
    for words in (("export",), ("seed-template",)):
        done: Ran = run(sandbox.url, "sandbox", *words)
        first = done.stdout.splitlines()[0]
        base = sandbox.url if words[0] == "export" else "http://127.0.0.1:4010"
        assert first == f"# yaml-language-server: $schema={base}/shop.schema.json"
    served = httpx.get(f"{sandbox.url}/shop.schema.json")
    assert served.headers["access-control-allow-origin"] == "*"
    assert served.content == template.SCHEMA.read_bytes()
    shop = yaml.safe_load(run(sandbox.url, "sandbox", "seed-template").stdout)
    assert jsonschema_rs.is_valid(served.json(), shop)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--database nonsense", "'nonsense' is not a database URL"),
        ("--database postgresql://h/d", "The sandbox supports SQLite"),
        ("--database sqlite:////nowhere/at/all.db", "The folder of the database /nowhere/at/all.db does not"),
        ("--host no-such-host.invalid", "The sandbox cannot listen on no-such-host.invalid"),
        ("--database sqlite:// --ready-file /nowhere/ready", "The ready file"),
    ],
)
def test_wrong_option_of_serve_exits_with_2(words: str, sentence: str) -> None:
    assert refused("serve", "--port", str(free_port()), *words.split()).startswith(sentence)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("RETURNS_PORT", "abc", "RETURNS_PORT must be a whole number."),
        ("RETURNS_PORT", "65536", "RETURNS_PORT must be at most 65535."),
        ("RETURNS_SEED_SIZE", "-1", "RETURNS_SEED_SIZE must be at least 0."),
        ("RETURNS_RATE_LIMITS", "maybe", "RETURNS_RATE_LIMITS must be true or false."),
        ("RETURNS_FIRST_MOMENT", "soon", "RETURNS_FIRST_MOMENT must be a date and time with an offset, such"),
        ("RETURNS_CORS", "here", "RETURNS_CORS: 'here' is no origin"),
    ],
)
def test_wrong_environment_variable_is_explained(name: str, value: str, sentence: str) -> None:
    assert refused("serve", **{name: value}).startswith(sentence)


def test_secret_in_an_unknown_variable_is_reported() -> None:
    names = ["RETURNS_SANDBOX_TOKEN", "RETURNS_CONTROL_TOKEN", "RETURNS_SWAP_TOKEN", "PATH", "RETURNS_REPORT"]
    assert [*ignored_secrets(names, openapi.vendors())] == [
        'The environment variable RETURNS_SANDBOX_TOKEN has no effect. Did you mean "RETURNS_CONTROL_TOKEN"?'
    ]
