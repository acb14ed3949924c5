"""Prints the banner of `returns serve`, and builds the content of the ready file.

The banner is printed, and the ready file is written, once the sandbox is ready for requests.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_server.access.keys import DEMO
from mock_server.cli import DEFAULT_URL
from mock_server.serving import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mock_server.app import Sandbox
    from mock_server.pages.documents import Entry
    from mock_server.settings import Settings
    from mock_server.tenants import Tenant

_LONGEST_CURL = 240  # characters, three lines of a terminal


def show(app: Sandbox) -> None:
    """Print the sandbox's address, the demo credentials and commands to try next."""
    settings = app.world.settings
    terminal.say(f"The returns sandbox is ready: {settings.base_url}/", "")
    terminal.say(
        *_apis(app.entries, settings), "", *_facts(settings), *_next_steps(app.entries, settings.base_url)
    )
    for sentence in _ignored_options(app.tenants.get(DEMO), settings):
        terminal.warn(sentence)
    terminal.say("", "Ctrl-C stops the sandbox.")


def facts(app: Sandbox) -> dict[str, Any]:
    """Build the content of the ready file: URL, control token, process ID and each vendor's credentials."""
    settings = app.world.settings
    token = settings.control_token
    return {
        "url": settings.base_url,
        "control_token": token.get_secret_value() if token else None,
        "pid": os.getpid(),
        "vendors": {entry.name: {"base_url": entry.url, "fields": entry.fields} for entry in app.entries},
    }


def _apis(entries: list[Entry], settings: Settings) -> Iterator[str]:
    for entry in entries:
        yield f"{entry.title}: {entry.url}"
        yield from (f"  {name.replace('_', ' ')} (demo): {value}" for name, value in entry.fields.items())
        yield f"  {_curl(entry, settings)}"
        yield f"  Swagger UI: {entry.url}/ui/"


def _curl(entry: Entry, settings: Settings) -> str:
    """Return a curl command for a first request to an API, short enough to be printed in the banner.

    If the command is long, returns a `returns credentials` command that prints it. The long command is
    returned nevertheless if the sandbox has a control token, because `returns credentials` would need the
    token too.
    """
    if len(entry.curl) <= _LONGEST_CURL or settings.control_token:
        return entry.curl
    where = "" if settings.base_url == DEFAULT_URL else f" --url {settings.base_url}"
    return f"{_program()} credentials {entry.name} --format curl{where}"


def _facts(settings: Settings) -> Iterator[str]:
    file = settings.database.partition("///")[2]
    yield f"State is kept in {file}" if file else "State is kept in memory and lost when the sandbox stops."
    if not settings.rate_limits:
        yield "Rate limits are off."


def _ignored_options(demo: Tenant, settings: Settings) -> Iterator[str]:
    """Yield a warning for each option that has no effect because the database already has a tenant `demo`."""
    for name in ("seed", "seed_size"):
        actual, requested = getattr(demo, name), getattr(settings, name)
        if name in settings.model_fields_set and actual != requested:
            option = f"--{name.replace('_', '-')}"
            yield (
                f"{option} {requested} applies only to new tenants; {demo.name} was created with "
                f"{option} {actual} and keeps it. Use another --database to create it again."
            )


def _next_steps(entries: list[Entry], base_url: str) -> Iterator[str]:
    program = _program()
    creatable = ((entry, inputs) for entry in entries if (inputs := _inputs(entry.document)))
    entry, inputs = next(creatable, (entries[0], ""))
    yield ""
    yield "Try next, in two other terminals:" if inputs else "Try next, in another terminal:"
    if base_url != DEFAULT_URL:
        yield f"  export RETURNS_SANDBOX_URL={base_url}"
    if not inputs:
        yield f"  {program} catalog {entry.name}"
        return
    yield f"  {program} trigger {entry.name} new_return --watch"
    yield f"  {program} action {entry.name} create_return {inputs}"


def _program() -> str:
    """Return the command that users can type to start this program again.

    This is `returns` if it is on PATH, and otherwise the path with which this program was started.
    """
    called = Path(sys.argv[0])
    return "returns" if shutil.which("returns") or called.name != "returns" else shlex.quote(str(called))


def _inputs(document: Mapping[str, Any]) -> str:
    """Build `--input` options from the example request for `create_return` in the specification.

    Returns an empty string if the operation does not exist, or if the example contains nested objects.
    """
    operations = (operation for path in document["paths"].values() for operation in path.values())
    create_return = next(
        (operation for operation in operations if _id_of(operation) == "create_return"), None
    )
    if create_return is None:
        return ""
    content = create_return["requestBody"]["content"]["application/json"]
    example = content.get("example") or next(iter(content["examples"].values()))["value"]
    if any(isinstance(value, dict) for value in example.values()):
        return ""
    words = (
        f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in example.items()
    )
    return " ".join(f"--input {shlex.quote(word)}" for word in words)


def _id_of(operation: Any) -> str:
    return str(operation.get("operationId", "")) if isinstance(operation, dict) else ""
