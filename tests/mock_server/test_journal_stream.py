"""The stream of requests, `returns sandbox requests --follow` and `returns serve --log`."""

import asyncio
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import httpx
import pytest
from support.command import PROGRAM, Serving, environment, run, serving
from support.each import each

from mock_server.journal.lines import line, wants_colours
from mock_server.journal.stream import MAX_VIEWERS
from mock_server.testing import Sandbox, Tenant

LOGIN = {"Authorization": "Bearer sandbox-demo-returnmate"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    options = ("--database", "sqlite://", "--seed-size", "2", "--no-rate-limits")
    with serving(tmp_path_factory.mktemp("home"), *options) as started:
        yield started


def get(url: str, path: str = "rmas") -> int:
    return httpx.get(f"{url}/returnmate/v1/{path}", headers=LOGIN).status_code


def test_stream_sends_new_requests_and_resumes(served: Serving) -> None:
    with Sandbox(served.url) as sandbox:
        tenant = sandbox.tenant("demo")
        get(served.url)
        first = tenant.requests.last()
        get(served.url, "rmas/rma_none")
        followed = tenant.requests.follow(after=first.id)
        missed = next(followed)
        assert (missed.id, missed.status) == (first.id + 1, 404)
        get(served.url, "reports/returns")
        assert next(followed).operation == tenant.requests.last().operation
        followed.close()


def test_last_event_id_takes_precedence_and_events_have_ids(served: Serving) -> None:
    with Sandbox(served.url) as sandbox:
        get(served.url)
        last = sandbox.tenant("demo").requests.last().id
    get(served.url)
    stream = f"{served.url}/__sandbox/tenants/demo/requests/stream?after=0"
    for after, first in ((last, last + 1), (10**6, 1)):
        with httpx.stream("GET", stream, headers={"Last-Event-ID": str(after)}) as response:
            assert response.headers["content-type"] == "text/event-stream"
            assert response.headers["cache-control"] == "no-store"
            lines = response.iter_lines()
            event = [next(lines) for _ in range(5)]
        assert event[:4] == ["retry: 1000", "", f"id: {first}", "event: request"]
        assert json.loads(event[4].removeprefix("data: "))["id"] == first


def test_filters_apply_to_the_stream(served: Serving) -> None:
    stream = f"{served.url}/__sandbox/tenants/demo/requests/stream"
    get(served.url)
    with httpx.stream("GET", stream, params={"status": "4xx", "after": 0}) as response:
        get(served.url, "rmas/rma_none")
        data = next(text for text in response.iter_lines() if text.startswith("data: "))
    assert json.loads(data.removeprefix("data: "))["status"] == 404


def test_number_of_streams_is_limited(served: Serving) -> None:
    asyncio.run(open_too_many(f"{served.url}/__sandbox/tenants/demo/requests/stream"))
    assert httpx.head(f"{served.url}/__sandbox/tenants/demo/requests/stream").status_code == 200


async def open_too_many(stream: str) -> None:
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=None)) as client:
        sent = [client.build_request("GET", stream) for _ in range(MAX_VIEWERS)]
        opened = [await client.send(one, stream=True) for one in sent]
        assert {one.status_code for one in opened} == {200}
        chunks = [one.aiter_bytes() for one in opened]  # kept, because the end of one closes its response
        assert [await anext(one) for one in chunks] == [b"retry: 1000\n\n"] * MAX_VIEWERS
        refused = await client.get(stream)
        assert refused.status_code == 503
        assert "streams are open" in refused.json()["error"]["message"]
        for one in opened:
            await one.aclose()


def test_stream_does_not_delay_the_end_of_the_server(tmp_path: Path) -> None:
    with serving(tmp_path, "--database", "sqlite://", "--seed-size", "0") as started:
        path = f"{started.url}/__sandbox/tenants/demo/requests/stream"
        with httpx.stream("GET", path) as response:
            chunks = response.iter_bytes()
            assert next(chunks).startswith(b"retry")
            before = time.monotonic()
            started.interrupt()
            assert list(chunks) == []
        assert time.monotonic() - before < 40
        log = started.log.read_text()
    assert "Traceback" not in log
    assert "CancelledError" not in log


def test_journal_that_is_off_has_no_stream(tmp_path: Path) -> None:
    with serving(tmp_path, "--database", "sqlite://", "--seed-size", "0", "--journal", "0") as started:
        path = f"{started.url}/__sandbox/tenants/demo/requests"
        assert httpx.get(f"{path}/stream").status_code == 503
        get(started.url)
        assert httpx.get(path).json() == {"requests": [], "next": 0, "without_tenant": 0}


def test_follow_prints_each_request_until_the_sandbox_stops(tmp_path: Path) -> None:
    with serving(tmp_path, "--database", "sqlite://", "--seed-size", "0") as started:
        followers = [follow(tmp_path, started.url, *more) for more in ((), ("--format", "json"))]
        get(started.url)
        plain, as_json = (one.stdout for one in followers)
        assert plain is not None
        assert as_json is not None
        assert " demo 200 GET /returnmate/v1/rmas list_returns " in plain.readline()
        assert json.loads(as_json.readline())["operation"] == "list_returns"
        started.interrupt()
        for one in each(followers):
            _, errors = one.communicate(timeout=60)
            assert one.returncode == 0, errors
            assert "The sandbox has stopped." in errors


def follow(home: Path, url: str, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, "sandbox", "requests", "--follow", "--after", "0", *more]
    return subprocess.Popen(
        [*command, "--url", url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home),
    )


def test_ctrl_c_ends_follow_in_one_line(tmp_path: Path, served: Serving) -> None:
    follower = follow(tmp_path, served.url)
    assert follower.stdout is not None
    get(served.url)
    follower.stdout.readline()  # it follows by now
    follower.send_signal(signal.SIGINT)
    _, errors = follower.communicate(timeout=60)
    assert (follower.returncode, errors) == (130, "Stopped.\n")


def test_ctrl_c_on_a_terminal_leaves_the_notice_in_a_line_of_its_own(tmp_path: Path, served: Serving) -> None:
    master, slave = pty.openpty()
    program = f"import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); {PROGRAM}"
    command = [sys.executable, "-c", program, "sandbox", "requests", "--follow", "--after", "0"]
    follower = subprocess.Popen(
        [*command, "--url", served.url],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env=environment(tmp_path),
    )
    os.close(slave)
    get(served.url)
    printed = os.read(master, 4096)  # a request: it follows by now
    os.write(master, b"\x03")
    tail = bytearray()
    read_all(master, tail)
    os.close(master)
    assert b"GET" in printed
    assert tail.decode().partition("^C")[2] == "\r\nStopped.\r\n"
    assert follower.wait(timeout=60) == 130


def test_follow_refuses_other_options_in_a_sentence(tmp_path: Path, served: Serving) -> None:
    done = run(tmp_path, "sandbox", "requests", "--follow", "--limit", "3", "--url", served.url)
    assert done.returncode == 2
    assert "without --no-tenant, --limit and --last" in done.stderr
    done = run(tmp_path, "sandbox", "requests", "--follow", "--tenant", "nobody", "--url", served.url)
    assert done.returncode == 2
    assert 'There is no tenant named "nobody"' in done.stderr


def test_log_prints_a_plain_line_for_each_request(tmp_path: Path) -> None:
    with serving(tmp_path, "--database", "sqlite://", "--seed-size", "0", "--log") as started:
        get(started.url)
        httpx.get(f"{started.url}/returnmate/v1/rmas/x%1b[2J?token=hidden-token-value", headers=LOGIN)
        httpx.get(f"{started.url}/returnmate/v1/rmas", headers={"Authorization": "Bearer unknown-key-xyz"})
        started.interrupt()
        output = started.output
        assert output is not None
        found, missing, unknown = (text for text in output.read().splitlines() if "GET" in text)
    assert re.search(
        r"^\S+Z demo 200 GET /returnmate/v1/rmas list_returns \d+\.\dms clock=2026-03-02T12:\S+Z$", found
    )
    assert " demo 404 GET /returnmate/v1/rmas/x%1b[2J?token=***" in missing
    assert re.search(r"Z unknown 401 GET .*This API key is not known here\.$", unknown)
    assert "unknown-key-xyz" not in unknown
    assert "hidden-token-value" not in missing


def test_log_survives_a_closed_output(tmp_path: Path) -> None:
    with serving(tmp_path, "--database", "sqlite://", "--seed-size", "0", "--log") as started:
        output = started.output
        assert output is not None
        output.close()
        for _ in range(5):
            assert get(started.url) == 200
        assert started.process.poll() is None


def test_output_without_a_reader_blocks_no_request(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "--database", "sqlite://", "--seed-size", "0", "--log") as started,
        httpx.Client(headers=LOGIN, base_url=f"{started.url}/returnmate/v1") as client,
    ):
        for _ in range(300):  # 300 lines of 400 characters are more than a pipe holds
            assert client.get(f"/{'x' * 300}", params={"q": "y" * 300}).status_code == 404
        assert client.get("/rmas").status_code == 200


def test_log_is_coloured_on_a_terminal_unless_no_color_is_set(tmp_path: Path) -> None:
    for no_color, expected in (("", "\x1b[32m200\x1b[0m"), ("1", " demo 200 GET ")):
        assert expected in terminal_output(tmp_path, no_color)


def terminal_output(home: Path, no_color: str) -> str:
    """Run `serve --log` on a terminal, send one request, and return what was printed."""
    ready = home / f"ready{no_color}.json"
    command = [sys.executable, "-c", PROGRAM, "serve", "--port", "0", "--database", "sqlite://"]
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*command, "--seed-size", "0", "--log", "--ready-file", str(ready)],
        stdout=slave,
        stderr=slave,
        env={**environment(home), "NO_COLOR": no_color, "TERM": "xterm"},
    )
    os.close(slave)
    printed = bytearray()
    reader = Thread(target=read_all, args=(master, printed))
    reader.start()
    try:
        while not ready.exists():
            assert process.poll() is None
            time.sleep(0.05)
        get(json.loads(ready.read_text())["url"])
        process.terminate()
        process.wait(timeout=60)
    finally:
        process.kill()
        reader.join(timeout=60)
        os.close(master)
    return printed.decode()


def read_all(master: int, printed: bytearray) -> None:
    try:
        while chunk := os.read(master, 4_096):
            printed.extend(chunk)
    except OSError:  # the terminal was closed
        return


@pytest.mark.parametrize(
    ("environment", "is_terminal", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colours_are_used_on_terminals(environment: dict[str, str], is_terminal: bool, wanted: bool) -> None:
    assert wants_colours(environment, is_terminal=is_terminal) is wanted


def test_line_shows_fault_and_verdict_without_control_characters() -> None:
    exchange = {
        "at": None,
        "received_at": "2026-03-02T09:41:07.125Z",
        "tenant": None,
        "status": 503,
        "method": "GET",
        "path": "/x\x1b[2J",
        "query": "a=1",
        "operation": None,
        "duration_ms": 12.34,
        "fault": "outage-1",
        "verdict": "There is\nnothing. " + "z" * 500,
    }
    plain = line(exchange)
    assert plain.startswith(
        "2026-03-02T09:41:07.125Z unknown 503 GET /x�[2J?a=1 unknown 12.3ms fault=outage-1 There is�"
    )
    assert len(plain) < 400
    coloured = line(exchange, colours=True)
    assert "\x1b[31m503\x1b[0m" in coloured
    for letter in each(set(re.sub(r"\x1b\[\d+m", "", coloured))):
        assert letter.isprintable()


def test_iteration_ends_with_the_tenant(served: Serving) -> None:
    with Sandbox(served.url) as sandbox:
        tenant: Tenant = sandbox.create_tenant("brief", seed_size=0)
        tenant.delete()
        with pytest.raises(Exception, match='There is no tenant named "brief"'):
            next(tenant.requests.follow())


def test_request_that_the_server_refuses_is_recorded(served: Serving) -> None:
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(b"GET /returnmate/v1/rmas?token=hidden-token HTTP/1.1\r\n\r\n")
        assert connection.recv(1_000).startswith(b"HTTP/1.1 400 ")
    shown = httpx.get(f"{served.url}/__sandbox/requests").json()["requests"][0]
    assert (shown["status"], shown["path"], shown["query"]) == (400, "/returnmate/v1/rmas", "token=***")
    assert shown["verdict"] == shown["response"]["body"]
    assert "Host" in shown["verdict"]
