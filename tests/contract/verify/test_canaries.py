"""No value of an account leaves the memory of `returns verify`, in any format, log or file.

Every string, number and header of every response is replaced by a canary, which is then searched in
everything that the command prints, logs or writes.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest
from support.drift import drifts
from support.verifying import Answering

import openapi
from connector.cli import verify
from connector.definition.compiler import integration as compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.verifying import Command

    from connector.definition.model import Field
    from connector.verify.report import Report

    Planting = Callable[[Any], Any]

VENDORS = openapi.vendors()
CANARY = "Kanarienvogel"
NUMBER = 90_210_777
FRACTION = 90_210_777.25


def enum_values(vendor: str) -> set[str]:
    """Return the values that the vendor's document lists in enums, which the command may show."""
    found: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            found.update(str(one) for one in node.get("enum", ()) if isinstance(one, str))
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            walk(child)

    walk(openapi.read(vendor))
    return found


def planted(value: Any, text: str, kept: set[str]) -> Any:
    """Replace every string and number in a JSON value, except strings in `kept`."""
    if isinstance(value, dict):
        return {key: planted(member, text, kept) for key, member in value.items()}
    if isinstance(value, list):
        return [planted(item, text, kept) for item in value]
    if isinstance(value, str):
        return value if value in kept else text
    if isinstance(value, float):
        return FRACTION
    return NUMBER if isinstance(value, int) and not isinstance(value, bool) else value


def planting(text: str, kept: set[str]) -> Callable[[httpx.Request, httpx.Response], httpx.Response]:
    def answer(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
        headers = {"x-request-id": text, "retry-after": text, "date": text, "link": f"<https://{text}>"}
        if not response.headers["content-type"].startswith("application/json"):
            return httpx.Response(response.status_code, headers=headers, content=text.encode())
        body = planted(orjson.loads(response.content), text, kept)
        kind = {"content-type": f"application/json; profile={text}"}
        return httpx.Response(response.status_code, headers=headers | kind, content=orjson.dumps(body))

    return answer


@pytest.fixture(autouse=True)
def _every_format_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print each report in all formats, so that one run shows all of them."""
    original = verify.rendered

    def all_formats(report: Report, _chosen: verify.ReportFormat, columns: int) -> str:
        return "\n".join(original(report, form, columns) for form in verify.ReportFormat)

    monkeypatch.setattr(verify, "rendered", all_formats)


def everything(
    command: Command, vendor: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[str]:
    """Run the command; yield what it printed in all formats, logged and wrote."""
    caplog.set_level(logging.DEBUG)
    file = folder / "facts.json"
    done = command.run(vendor, "--facts", str(file))
    yield done.out
    yield done.err
    yield file.read_text("utf-8") if file.exists() else ""
    yield caplog.text


def assert_no_canary(texts: list[str]) -> None:
    assert any(texts)
    for canary in (CANARY.lower(), str(NUMBER), f"{NUMBER:,}"):
        assert [text for text in texts if canary in text.lower()] == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_no_value_is_shown(
    command: Command, vendor: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The canary has neither digits nor @, so a place that shows harmless texts would show it."""
    answer = planting(CANARY, enum_values(vendor))
    command.transport = Answering(command.accounts.transport(vendor), vendor, answer)
    texts = list(everything(command, vendor, tmp_path, caplog))
    assert_no_canary(texts)
    assert compiled(vendor).authentication.test_operation in texts[0]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    "text", [f"{CANARY}@example.com", f"{CANARY} 7", CANARY * 4], ids=["at", "digit", "long"]
)
def test_no_personal_value_of_an_enum_is_shown(
    command: Command, vendor: str, text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answer = planting(text, set())
    command.transport = Answering(command.accounts.transport(vendor), vendor, answer)
    assert_no_canary(list(everything(command, vendor, tmp_path, caplog)))


def test_new_value_of_an_enum_is_shown(command: Command) -> None:
    """Only a field with an enum in a response can show it, so a vendor that has one is chosen."""
    vendor = next(one for one in VENDORS if any(map(has_choices, rows_of(one))))
    command.transport = Answering(
        command.accounts.transport(vendor), vendor, planting("lost in transit", set())
    )
    assert "'lost in transit', besides the" in " ".join(command.run(vendor).out.split())


def rows_of(vendor: str) -> tuple[Field, ...]:
    made = compiled(vendor)
    return made.operations[made.authentication.test_operation].response.children


def has_choices(field: Field) -> bool:
    return bool(field.choices and field.type == "string")


BODIES = (
    orjson.dumps({"message": CANARY, "error": {"code": f"{CANARY} 7", "message": CANARY}, f"{CANARY} 7": 1}),
    f"<html>{CANARY}</html>".encode(),
    f'{{"message": "{CANARY}'.encode(),
)


@pytest.mark.parametrize("place", range(len(BODIES)))
@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 418, 429, 502])
def test_no_text_of_an_error_is_shown(
    command: Command, status: int, place: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    body = BODIES[place]

    def answer(_request: httpx.Request, _response: httpx.Response) -> httpx.Response:
        headers = {
            "retry-after": CANARY,
            "location": f"https://{CANARY}.example.com/",
            "content-type": CANARY,
        }
        return httpx.Response(status, headers=headers, content=body)

    vendor = VENDORS[(status + place) % len(VENDORS)]
    command.transport = Answering(command.accounts.transport(vendor), vendor, answer)
    assert_no_canary(list(everything(command, vendor, tmp_path, caplog)))


@pytest.mark.parametrize("vendor", VENDORS)
def test_names_that_could_be_values_are_not_shown(command: Command, vendor: str) -> None:
    """An object that is keyed by IDs or addresses has names that are values."""
    names = [f"{CANARY.lower()}@example.com", "90210777", f"{CANARY} Lane 7", CANARY * 4]

    def answer(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if not response.headers["content-type"].startswith("application/json"):
            return response
        body = orjson.loads(response.content)
        rows = body if isinstance(body, list) else [body]
        for row in rows:
            row.update(dict.fromkeys(names, 1))
        return httpx.Response(response.status_code, json=body)

    command.transport = Answering(command.accounts.transport(vendor), vendor, answer)
    done = command.run(vendor)
    assert done.code == 1
    assert_no_canary([done.out, done.err])
    assert "(name not shown)" in done.out


def test_error_in_the_comparison_shows_no_value(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception often contains the value that caused it."""

    def fail(*_arguments: object, **_more: object) -> None:
        raise KeyError(CANARY)

    monkeypatch.setattr("connector.verify.comparison.Comparison.add", fail)
    done = command.run(VENDORS[0])
    assert done.code == 1
    assert "A response could not be compared (KeyError)" in done.err
    assert_no_canary([done.err, done.out])


def test_drifted_values_are_not_shown_either(
    command: Command, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    vendor = VENDORS[0]
    drift = next(one for one in drifts(compiled(vendor)) if one.name == "other type")
    answer = planting(CANARY, enum_values(vendor))
    command.transport = Answering(command.accounts.transport(vendor, drift), vendor, answer)
    assert_no_canary(list(everything(command, vendor, tmp_path, caplog)))
