"""`returns serve` as a process: banner, port, signals, and HTTP as real clients send it."""

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.command import Serving, environment, run, serving
from support.each import each
from support.sandbox_commands import run as run_command

from mock_server import vendors
from mock_server.spelling import listed

KEY = "sandbox-demo-returnmate"
RMAS = "/returnmate/v1/rmas"
BODY = json.dumps(
    {
        "order_number": "#1001",
        "customer_email": "ann@example.com",
        "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}],
    }
).encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("home"), "--database", "sqlite://", "--no-rate-limits") as started:
        yield started
        log = started.log.read_text()
        assert "ERROR" not in log, log
        assert "Traceback" not in log, log


def talk(server: Serving, *parts: bytes) -> bytes:
    """Send raw bytes, part by part, and return everything until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(0.05)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


def head(method: str, path: str, *headers: str, close: bool = True) -> bytes:
    """Return the head of a request with credentials."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {KEY}", *headers]
    return "\r\n".join([*lines, *(["Connection: close"] if close else []), "", ""]).encode("latin-1")


def test_banner_shows_how_to_start(server: Serving) -> None:
    assert f"curl -H 'Authorization: Bearer {KEY}' {server.url}{RMAS}" in server.banner
    assert f"Swagger UI: {server.url}/returnmate/v1/ui/" in server.banner
    assert "returns trigger returnmate new_return --watch" in server.banner
    assert "returns action returnmate create_return --input 'order_number=" in server.banner
    assert f"export RETURNS_SANDBOX_URL={server.url}\n" in server.banner
    assert "token" not in server.banner


def test_response_headers_are_the_sandboxs_own(server: Serving) -> None:
    response = httpx.get(server.url + RMAS, headers={"Authorization": f"Bearer {KEY}"})
    assert response.status_code == 200
    names = [name for name, _ in response.headers.multi_items()]
    assert sorted(names) == sorted(set(names))
    assert "date" in names
    assert "server" not in names


def test_chunked_body_is_accepted(server: Serving) -> None:
    chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:20], BODY[20:])]
    start = head("POST", RMAS, "Content-Type: application/json", "Transfer-Encoding: chunked")
    assert talk(server, start, *chunks, b"0\r\n\r\n").startswith(b"HTTP/1.1 201 ")


def test_expect_continue_is_answered(server: Serving) -> None:
    start = head(
        "POST", RMAS, "Content-Type: application/json", f"Content-Length: {len(BODY)}", "Expect: 100-continue"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(start)
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(BODY)
        assert connection.recv(65536).startswith(b"HTTP/1.1 201 ")


def test_aborted_request_does_not_affect_others(server: Serving) -> None:
    start = head("POST", RMAS, "Content-Type: application/json", "Content-Length: 1000")
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(start + b"{")
        time.sleep(0.1)
    assert httpx.get(f"{server.url}/__sandbox/health").status_code == 200


def test_connection_serves_several_requests(server: Serving) -> None:
    refused = b"GET /returnmate/v1/rmas HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 4\r\n\r\nabcd"
    answer = talk(server, refused + head("GET", RMAS, close=False) + head("GET", "/returnmate/v1/nope"))
    assert re.findall(rb"HTTP/1.1 (\d+) ", answer) == [b"401", b"200", b"404"]


def test_content_length_above_the_limit_is_refused_before_the_body(server: Serving) -> None:
    start = head("POST", RMAS, "Content-Type: application/json", "Content-Length: 10000000")
    answer = talk(server, start)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"larger than 1048576 bytes" in answer


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/returnmate/v1/rmas/%", 400),
        ("GET", "/returnmate/v1/rmas/%00", 400),
        ("GET", "/returnmate/v1/rmas/%ff", 400),
        ("GET", "/returnmate/v1/rmas/..%2f..%2fetc", 404),
        ("GET", "/returnmate/v1/customers/a%2Fb@example.com/rmas", 404),
        ("GET", "/returnmate/v1/rmas/", 404),
        ("GET", "//returnmate/v1/rmas", 404),
        ("GET", "/returnmate/v1/rmas?page=%ff", 400),
        ("GET", "/returnmate/v1/rmas?%00=1", 400),
        ("GET", "/returnmate/v1/rmas?page=1&page=2", 400),
        ("GET", "/returnmate/v1/rmas?" + "a" * 20_000, 200),
        ("GET", "/returnmate/v1/rmas/" + "a" * 20_000, 400),
        ("HEAD", "/returnmate/v1/rmas", 200),
        ("OPTIONS", "/returnmate/v1/rmas", 405),
        ("OPTIONS", "*", 404),
        ("TRACE", "/returnmate/v1/rmas", 405),
        ("PURGE", "/returnmate/v1/rmas", 405),
        ("GET", "http://elsewhere.example.com/returnmate/v1/rmas", 200),
        ("GET", "/returnmate/v1/rmas#part", 200),
        ("GET", "/returnmate/v1", 404),
        ("GET", "/returnmate", 404),
        ("GET", "/%ff", 404),
        ("GET", "/labels/returnmate/%00.pdf", 404),
        ("GET", "/labels/returnmate/..%2f..%2fx.pdf", 404),
        ("POST", "/", 405),
        ("GET", "/returnmate/v1/ui/../../../../etc/passwd", 404),
        ("GET", "/returnmate/v1/ui/%2e%2e/%2e%2e/%2e%2e/etc/passwd", 404),
    ],
)
def test_unusual_requests_get_valid_answers(server: Serving, method: str, target: str, status: int) -> None:
    answer = talk(server, head(method, target))
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:300]


@pytest.mark.parametrize(
    "start",
    [
        b"GET /returnmate/v1/rmas/\xff HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /returnmate/v1/rmas HTTP/1.1\r\nAuthorization: Bearer \xff\xfe\r\nConnection: close\r\n\r\n",
        b"GET /returnmate/v1/rmas HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"POST /returnmate/v1/rmas HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    ],
)
def test_malformed_http_is_refused(server: Serving, start: bytes) -> None:
    answer = talk(server, start)
    assert answer[9:12] in {b"400", b"401"}, answer[:300]


def test_ctrl_c_stops_at_once_without_output(tmp_path: Path) -> None:
    with serving(tmp_path, "--database", "sqlite://") as started:
        idle = socket.create_connection(("127.0.0.1", started.port))
        begun = time.monotonic()
        assert started.interrupt() in {0, 130}
        assert time.monotonic() - begun < 60  # the idle connection would stay open for 75 seconds
        idle.close()
        assert started.log.read_text() == ""


def test_sigterm_stops_the_server(tmp_path: Path) -> None:
    with serving(tmp_path, "--database", "sqlite://") as started:
        started.process.terminate()
        assert started.process.wait(timeout=60) in {0, -signal.SIGTERM}
        assert started.log.read_text() == ""


def test_port_in_use_is_reported_in_one_sentence(server: Serving, tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--port", str(server.port), "--database", "sqlite://")
    assert done.returncode == 1
    assert done.stderr == (
        f"The sandbox cannot listen on 127.0.0.1 port {server.port} (address already in use);"
        " choose another with --port.\n"
    )


def test_address_of_another_machine_is_reported_as_a_wrong_host(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--port", "0", "--host", "203.0.113.5", "--database", "sqlite://")
    assert done.returncode == 2
    assert done.stderr.endswith("; choose another with --host.\n")


@pytest.mark.parametrize(("name", "value"), [("RETURNS_PORT", "abc"), ("RETURNS_SEED_SIZE", "-1")])
def test_invalid_environment_variable_is_named(tmp_path: Path, name: str, value: str) -> None:
    done = run(tmp_path, "serve", "--database", "sqlite://", **{name: value})
    assert done.returncode == 2
    assert done.stderr.startswith(f"{name} must be ")
    assert done.stderr.count("\n") == 1


def test_short_commands_of_the_banner_work_as_printed(server: Serving) -> None:
    commands = re.findall(r"^  (curl .*|\S+ credentials .*)$", server.banner, re.MULTILINE)
    assert len(commands) == len(vendors.names())
    for command in each(commands):
        assert len(command) < 300
        is_curl = command.startswith("curl ")
        line = command if is_curl else run_command(server.url, *shlex.split(command)[1:]).stdout
        program, *arguments = shlex.split(line)
        headers = dict(one.split(": ", 1) for one in arguments[1:-1:2])
        assert (program, httpx.get(arguments[-1], headers=headers).status_code) == ("curl", 200), command


def test_banner_suggests_commands_as_the_sandbox_was_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """After `make run`, the command `returns` is not on PATH; it is `.venv/bin/returns`."""
    program = Path(sys.executable).with_name("returns")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    arguments = ["serve", "--port", "0", "--database", "sqlite://", "--seed-size", "0"]
    with subprocess.Popen(
        [program, *arguments], stdout=subprocess.PIPE, text=True, env=environment(tmp_path)
    ) as process:
        assert process.stdout is not None
        lines = list(iter(process.stdout.readline, "Ctrl-C stops the sandbox.\n"))
        process.terminate()
    assert f"  {program} trigger returnmate new_return --watch\n" in lines


def test_unknown_vendor_is_reported_in_one_sentence(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--port", "0", "--database", "sqlite://", "--vendor", "unknown")
    known = listed(vendors.names())
    assert (done.returncode, done.stderr) == (2, f'There is no vendor named "unknown". Choose {known}.\n')


def test_unusable_database_is_reported_in_one_sentence(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--port", "0", "--database", f"sqlite:///{tmp_path}/no/such/file.db")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no/such" in done.stderr


def test_state_is_stored_in_a_file_of_the_user_by_default(tmp_path: Path) -> None:
    with serving(tmp_path) as started:
        (kept,) = tmp_path.rglob("sandbox.sqlite3")
        assert f"State is kept in {kept}" in started.banner


def test_single_vendor_is_served_at_the_root(tmp_path: Path) -> None:
    with serving(tmp_path, "--database", "sqlite://", "--vendor", "returnmate") as started:
        found = run(tmp_path, "credentials", "--url", started.url, "--format", "json")
        base_url = json.loads(found.stdout)["vendors"]["returnmate"]["base_url"]
        assert base_url == f"{started.url}/v1"
        response = httpx.get(f"{base_url}/rmas", headers={"Authorization": f"Bearer {KEY}"})
        assert response.status_code == 200
        assert httpx.get(f"{started.url}/").status_code == 200
        assert httpx.get(started.url + RMAS).status_code == 404


def test_control_plane_on_a_network_address_needs_the_printed_token(tmp_path: Path) -> None:
    with serving(tmp_path, "--database", "sqlite://", "--host", "0.0.0.0") as started:
        token = started.banner.split("token (shown only once): ")[1].split("\n")[0]
        assert httpx.get(f"{started.url}/__sandbox/health").status_code == 401
        wrong = {"Authorization": "Bearer wrong"}
        assert httpx.get(f"{started.url}/__sandbox/health", headers=wrong).status_code == 401
        right = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{started.url}/__sandbox/health", headers=right).status_code == 200
        refused = run(tmp_path, "credentials", "--url", started.url)
        assert refused.returncode == 3
        assert "--token or RETURNS_CONTROL_TOKEN" in refused.stderr
        done = run(tmp_path, "credentials", "--url", started.url, RETURNS_CONTROL_TOKEN=token)
        assert KEY not in started.banner + done.stdout  # a public demo key
        minted = re.search(r"api key \(demo\): (sandbox-returnmate-demo-\w+)", started.banner)
        assert minted
        assert minted[1] in done.stdout
        for key, status in ((KEY, 401), (minted[1], 200)):
            answer = httpx.get(started.url + RMAS, headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == status
        assert "sandbox-" not in httpx.get(started.url).text


def test_seed_option_is_reported_if_the_demo_tenant_exists(tmp_path: Path) -> None:
    """The demo tenant and its seed options are kept from an earlier start."""
    kept = ("--database", f"sqlite:///{tmp_path}/kept.db")
    told = []
    for options in (("--seed-size", "3"), ("--seed-size", "3", "--seed", "1"), ("--seed-size", "4"), ()):
        with serving(tmp_path, *kept, *options) as started:
            assert httpx.get(f"{started.url}/__sandbox/tenants/demo").json()["seed_size"] == 3
            told.append(started.log.read_text())
    assert [bool(one) for one in told] == [False, False, True, False]
    assert told[2] == (
        "--seed-size 4 applies only to new tenants; demo was created with --seed-size 3 and keeps it. "
        "Use another --database to create it again.\n"
    )
