"""`returns credentials` and `returns sandbox …` if no sandbox answers, or another server does."""

import errno
import io
import json
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from mock_server.cli import output, request
from mock_server.cli.serve import register

COMMANDS = (
    ("credentials",),
    ("sandbox", "acts"),
    ("sandbox", "acts", "returngo"),
    ("sandbox", "act", "returngo", "validate_items"),
    ("sandbox", "clock"),
    ("sandbox", "create-key", "returngo", "odd"),
    ("sandbox", "tenants"),
)
ODD = {
    "html": (200, b"<html>", {}),
    "list": (200, b"[]", {}),
    "number": (200, b"5", {}),
    "nothing": (200, b"", {}),
    "bytes": (200, b"\xff\xfe{", {}),
    "packed": (200, b"{}", {"Content-Encoding": "gzip"}),
    "moved": (302, b"{}", {"Location": "http://127.0.0.1:1/"}),
    "error": (500, b"<html>", {}),
    "refusal": (404, b'{"error": "no"}', {}),
}


class OtherServer(BaseHTTPRequestHandler):
    """A server that is no sandbox; the first path segment selects its answer."""

    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        if kind == "slow":
            self.server.stop.wait(5)  # type: ignore[attr-defined]
            return
        status, body, headers = ODD[kind]
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - as the library names it

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - as the library names it
        pass


@pytest.fixture(scope="module")
def odd() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OtherServer)
    server.stop = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.stop.set()  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


def ask(*arguments: str) -> Result:
    program = typer.Typer()
    register(program)
    return CliRunner().invoke(program, arguments, env={"COLUMNS": "200"}, catch_exceptions=False)


@pytest.mark.parametrize("kind", ODD)
def test_answer_of_another_server_is_reported_in_one_sentence(odd: str, kind: str) -> None:
    for command in COMMANDS:
        done = ask(*command, "--url", f"{odd}/{kind}")
        assert done.exit_code == (4 if kind == "refusal" else 1), (command, done.output)
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert ("is not a sandbox" in done.stderr) or ("does not answer in HTTP" in done.stderr)


def test_slow_sandbox_is_not_reported_as_missing(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "_TIMEOUT", 0.05)
    done = ask("sandbox", "clock", "--url", f"{odd}/slow")
    assert (done.exit_code, done.stderr.startswith(f"The sandbox at {odd}/slow does not answer within")) == (
        1,
        True,
    )


def unresolved(*_arguments: object, **_more: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def unreachable(*_arguments: object, **_more: object) -> None:
    raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))


def test_real_cause_is_reported(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def said(url: str) -> str:
        done = ask("sandbox", "clock", "--url", url)
        assert done.exit_code == 1
        assert done.stderr.startswith(f"No sandbox answers at {url} (")
        return done.stderr

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))  # bound, but not listening
        assert "(connection refused)" in said(f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert "(no TLS connection can be made; it may speak http:// only)" in said(odd.replace("http", "https"))
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", unresolved)
        assert "(the host name nowhere.example.com cannot be resolved)" in said("http://nowhere.example.com")
    with monkeypatch.context() as patched:
        patched.setattr(socket, "create_connection", unreachable)
        assert "(network is unreachable)" in said("http://192.0.2.1")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--url", "nonsense", "'nonsense' is not a valid address; write it like http://127.0.0.1:4010."),
        ("--url", "http://", "is not a valid address"),
        ("--url", "ftp://127.0.0.1", "is not a valid address"),
        ("--url", "http://xn--", "is not a valid address"),
        ("--url", "http://a..b", "is not a valid address"),
        ("--url", "http://127.0.0.1:99999", "is not a valid address"),
        ("--url", "http://[::1", "is not a valid address"),
        ("--url", "http://a b/", "is not a valid address"),
        ("--url", "http://x\udcff", "is not a valid address"),
        ("--url", "http://u:hunter2@127.0.0.1:9", "'http://127.0.0.1:9' is not a valid address;"),
        ("--url", "http://127.0.0.1:9/?key=hunter2", "leave out user names, passwords, ? and #"),
        ("--token", "hunter2ü", "The control token contains invalid characters"),
        ("--token", "hunter2\nx: y", "The control token contains invalid characters"),
        ("--tenant", "\udcff", "An argument contains bytes that are not UTF-8 text."),
    ],
)  # fmt: skip
def test_invalid_argument_is_a_usage_error(option: str, value: str, said: str) -> None:
    done = ask("sandbox", "clock", option, value)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.output


def test_control_token_is_not_sent_unencrypted_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def sent(*_arguments: object, **_more: object) -> None:
        pytest.fail("the token was sent")

    monkeypatch.setattr(socket, "create_connection", sent)
    for url in ("http://sandbox.example.com:4010", "http://192.0.2.1", "http://localhost.example.com"):
        done = ask("sandbox", "clock", "--url", url, "--token", "hunter2")
        assert (done.exit_code, f"would be sent to {url} unencrypted" in done.stderr) == (2, True)
        assert "hunter2" not in done.output


def test_whitespace_around_url_and_token_is_ignored(odd: str) -> None:
    done = ask("sandbox", "clock", "--url", f" {odd}/list/ \r\n", "--token", " t\r\n")
    assert "is not a sandbox" in done.stderr


def test_key_is_not_created_if_it_cannot_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.__stdout__", None)
    done = ask("sandbox", "create-key", "returngo", "lost", "--url", "http://127.0.0.1:9")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "the key is shown only once; no key was created" in done.stderr


def test_output_is_written_on_any_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    note = {"note": "Käse \N{GRINNING FACE}", "half": "\ud83d"}
    for name in ("ascii", "cp1252", "utf-8"):
        raw = io.BytesIO()
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding=name, write_through=True))
        answer = httpx.Response(200, content=json.dumps(note).encode())
        output.print_answer(answer, output.Format.json)
        assert json.loads(raw.getvalue().decode(name)) == note
        output.print_answer(answer, output.Format.table)
        assert "note" in raw.getvalue().decode(name)
