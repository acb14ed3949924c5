"""`returns trigger` with failing vendors, unprintable records, closed outputs and signals."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest
from support.each import each
from support.loopback import serving

from connector.cli import polling
from connector.cli.program import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from connector.runtime.polling import Event

POLL = ("trigger", "returnmate", "new_return", "--since", "2026-01-01")
PROGRAM = [sys.executable, "-c", "from connector.cli.program import main; main()"]


def row(number: int) -> dict[str, Any]:
    when = f"2026-03-0{number}T10:00:00Z"
    return {
        "id": f"r{number}",
        "rma_number": f"RMA-{number}",
        "order_number": f"#{number}",
        "status": "pending",
        "items": [],
        "customer": {"name": "Ann"},
        "created_at": when,
        "updated_at": when,
    }


class Shop:
    """A ReturnMate server on loopback that returns `rows`, or the result of `answer`."""

    def __init__(self) -> None:
        self.url = ""
        self.rows: list[Any] = [row(1), row(2), row(3)]
        self.requests = 0

    def handler(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shop.requests += 1
                meta = {"total": len(shop.rows), "page": 1, "per_page": 100}
                content = json.dumps({"data": shop.rows, "meta": meta}).encode()
                self.send_response_only(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_words: object) -> None:
                """Log nothing."""

        return Handler


@pytest.fixture
def shops() -> Iterator[tuple[Shop, Shop]]:
    with ExitStack() as opened:
        both = (Shop(), Shop())
        for shop in both:
            shop.url = opened.enter_context(serving(shop.handler()))
        yield both


@pytest.fixture
def shop(shops: tuple[Shop, Shop]) -> Shop:
    return shops[0]


@pytest.fixture
def environment(shop: Shop, tmp_path: Path) -> dict[str, str]:
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("CONFIG", "STATE", "DATA")}
    login = {"RETURNS_RETURNMATE_API_KEY": "sandbox-demo-returnmate", "RETURNS_RETURNMATE_BASE_URL": shop.url}
    return {**homes, **login, "HOME": str(tmp_path), "COLUMNS": "200"}


@pytest.fixture
def returns(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    for name in [name for name in os.environ if name.startswith("RETURNS_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: run(list(arguments))


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
@pytest.mark.parametrize("form", ["json", "table"])
@pytest.mark.parametrize("name", ["Bob \ud83d", "Bob 😀"])
def test_record_that_the_terminal_cannot_show_holds_back_no_other(
    returns: Callable[..., int],
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    encoding: str,
    form: str,
    name: str,
) -> None:
    shop.rows[1]["customer"]["name"] = name
    screen = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", screen)
        assert returns(*POLL, "--format", form) == 0
    assert isinstance(screen.buffer, io.BytesIO)
    lines = screen.buffer.getvalue().decode(encoding).splitlines()
    assert len(lines) == 3
    if form == "json":
        assert json.loads(lines[1])["data"]["customer"]["name"] == name
    else:
        assert "RMA-2" in lines[1]
        assert "Bob " in lines[1]


def test_event_that_cannot_be_written_is_set_aside_listed_and_printed_later(
    returns: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = polling.event_as_data

    def odd(event: Event) -> dict[str, Any]:
        if event.data["id"] == "r2":
            raise RecursionError("too deep")
        return real(event)

    with monkeypatch.context() as patched:
        patched.setattr("connector.cli.trigger.event_as_data", odd)
        assert returns(*POLL, "--format", "json") == 0
    told = capsys.readouterr()
    assert [json.loads(line)["data"]["id"] for line in told.out.splitlines()] == ["r1", "r3"]
    assert "new_return:r2 is set aside: it cannot be printed (RecursionError: too deep)." in told.err
    listing = ("trigger", "returnmate", "new_return", "--skipped")
    assert returns(*listing) == 0
    assert "returnmate:new_return:r2: it cannot be printed" in capsys.readouterr().out
    assert returns(*listing, "--format", "json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["data"]["id"] == "r2"
    assert returns("trigger", "--all", "new_return", "--skipped") == 0
    assert (
        "ReturnMate (environment): returnmate:new_return:r2: it cannot be printed" in capsys.readouterr().out
    )
    assert returns(*listing, "--retry", "--format", "json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["id"] == "returnmate:new_return:r2"
    assert returns(*listing) == 0
    assert capsys.readouterr().err == "Nothing is set aside.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--retry",),
        ("--skipped", "--watch"),
        ("--skipped", "--restart"),
        ("--skipped", "--since", "2026-01-01"),
    ],
)
def test_conflicting_options_are_refused(
    returns: Callable[..., int], shop: Shop, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert returns("trigger", "returnmate", "new_return", *arguments) == 2
    assert "--retry needs --skipped" in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert shop.requests == 0


@pytest.mark.parametrize(
    ("since", "delivered"),
    [
        ("2026-03-02", 2),
        (" 2026-03-02T10:00:01Z ", 1),
        ("2026-03-02t10:00:01z", 1),
        ("2026-03-01T24:00:00Z", 2),
        ("2026-03-02T09:59:60Z", 2),
        ("Mon, 02 Mar 2026 10:00:01 GMT", 1),
        ("2026-03-02 15:30:01 +05:30", 1),
        ("9999-12-31T23:59:59-05:00", 0),
        ("0002-01-01T00:00:00+14:00", 3),
    ],
)
def test_since_accepts_every_time_format(
    returns: Callable[..., int], since: str, delivered: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert returns("trigger", "returnmate", "new_return", "--since", since, "--format", "json") == 0
    assert len(capsys.readouterr().out.splitlines()) == delivered


def test_unreadable_row_is_reported_once_with_its_location(
    returns: Callable[..., int], shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.rows[1]["created_at"] = "0000-00-00"
    assert returns(*POLL) == 0
    delivered = capsys.readouterr()
    assert [line.split()[-4] for line in delivered.out.splitlines()] == ["#1", "#3"] or len(
        delivered.out.splitlines()
    ) == 2
    said = "ReturnMate: list_returns, page 1, row 2 cannot be read: created_at is not a time: '0000-00-00'."
    assert delivered.err.count(said) == 1
    assert returns("trigger", "returnmate", "new_return") == 0
    assert capsys.readouterr().err == "Nothing new.\n"


def test_unexpected_exception_of_one_vendor_stops_no_other(
    returns: Callable[..., int],
    shops: tuple[Shop, Shop],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RETURNS_RETURNMATE_BASE_URL", "")
    for name, one in each(zip(("bad", "good"), shops, strict=True)):
        connect = ("connect", "returnmate", "--profile", name, "--base-url", one.url)
        monkeypatch.setattr("sys.stdin", io.StringIO("\n\n\n"))
        assert returns(*connect) == 0, capsys.readouterr()
    monkeypatch.setenv("RETURNS_RETURNMATE_API_KEY", "")
    capsys.readouterr()
    real = polling.follow

    async def follows(connection: Any, profile: Any, *rest: Any, **more: Any) -> None:
        if profile.name == "bad":
            raise OverflowError("date value out of range")
        await real(connection, profile, *rest, **more)

    monkeypatch.setattr("connector.cli.trigger_all.follow", follows)
    everywhere = ("trigger", "--all", "new_return", "--since", "2026-01-01", "--format", "json")
    assert returns(*everywhere) == 1
    delivered = capsys.readouterr()
    assert [json.loads(line)["profile"] for line in delivered.out.splitlines()] == ["good"] * 3
    assert (
        "ReturnMate (bad): This program failed (OverflowError: date value out of range). --debug"
        in delivered.err
    )
    assert "Traceback" not in delivered.err
    assert returns(*everywhere, "--debug") == 1
    assert "Traceback" in capsys.readouterr().err


def test_line_break_in_a_record_starts_no_second_event_line(
    returns: Callable[..., int], shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.rows = [{**row(1), "order_number": "#1\n2026-03-02 10:00:00  New Return  RMA-9\r\u2028x"}]
    assert returns(*POLL) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("2026-03-01 10:00:00  New Return  RMA-1 · #1 2026-03-02 10:00:00 New Return RMA-9")


def test_reports_of_several_connections_name_each_profile(
    returns: Callable[..., int],
    shops: tuple[Shop, Shop],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RETURNS_RETURNMATE_BASE_URL", "")
    for name, one in each(zip(("first", "second"), shops, strict=True)):
        one.rows = [None, row(2)]
        monkeypatch.setattr("sys.stdin", io.StringIO("\n\n\n"))
        assert returns("connect", "returnmate", "--profile", name, "--base-url", one.url) == 0
    monkeypatch.setenv("RETURNS_RETURNMATE_API_KEY", "")
    capsys.readouterr()
    assert returns("trigger", "--all", "new_return", "--since", "2026-01-01") == 0
    said = capsys.readouterr().err
    for name in ("first", "second"):
        assert said.count(f"ReturnMate ({name}): list_returns, page 1, row 1 cannot be read: ") == 1
    assert "ReturnMate: " not in said


def test_closed_standard_output_is_refused_before_polling(
    returns: Callable[..., int],
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "__stdout__", None)
    for arguments in (POLL, ("trigger", "--all", "new_return"), (*POLL, "--watch")):
        assert returns(*arguments) == 2
        assert "Standard output is closed, so events would be lost." in capsys.readouterr().err
    assert shop.requests == 0


def test_full_output_leaves_the_cursor_unchanged(
    returns: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

        def fileno(self) -> int:
            return os.open(os.devnull, os.O_WRONLY)

    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", Full())
        assert returns(*POLL) == 1
    assert "no space left on device" in capsys.readouterr().err
    assert returns(*POLL) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_sigterm_stops_a_watcher_between_two_events(environment: dict[str, str], tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RETURNS_")}
    output = tmp_path / "watched"
    with output.open("w") as lines:
        process = subprocess.Popen(
            [*PROGRAM, *POLL, "--watch"], stdout=lines, stderr=subprocess.PIPE, env={**kept, **environment}
        )
        try:
            deadline = time.monotonic() + 120
            while output.read_text().count("\n") < 3 and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate()
    assert (process.returncode, said) == (143, b"")
    assert output.read_text().count("\n") == 3
