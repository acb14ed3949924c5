"""Faults on the connection and in the body, as a client's socket sees them."""

import asyncio
import json
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
from support.faulty import LISTS, NEW_RMA, create, tenant_of
from support.sandbox import Sandbox as Running
from support.sandbox import running

from mock_server.app import create_app
from mock_server.engine.protocols import ConnectionCut
from mock_server.settings import Settings
from mock_server.testing import Sandbox, Tenant

LEAVES_AFTER = 2.0
"""Seconds until a client stops waiting; a busy machine creates a return in this time."""
EVERYWHERE = pytest.mark.parametrize("vendor", sorted(LISTS))


@pytest.fixture(scope="module")
def client(sandbox: Running) -> Iterator[Sandbox]:
    with Sandbox(sandbox.url) as found:
        yield found


@pytest.fixture
def tenant(client: Sandbox) -> Iterator[Tenant]:
    with tenant_of(client) as made:
        yield made


def request(tenant: Tenant, vendor: str) -> bytes:
    """Return the bytes of a request for a list of returns."""
    login = tenant.credentials(vendor)
    url = httpx.URL(login.base_url + LISTS[vendor][1]).copy_merge_params(dict(login.query))
    lines = [f"GET {url.raw_path.decode()} HTTP/1.1", f"Host: {url.host}"]
    lines += [f"{name}: {value}" for name, value in login.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def received(sandbox: Running, sent: bytes, *, timeout: float = 60) -> bytes:
    """Send bytes, and return everything that arrives until the server closes the connection."""
    url = httpx.URL(sandbox.url)
    with socket.create_connection((url.host, url.port), timeout=timeout) as connection:
        connection.sendall(sent)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
        return answer


@contextmanager
def creating(tenant: Tenant) -> Iterator[httpx.Client]:
    with tenant.client("returnmate") as http:
        yield http


def created(tenant: Tenant) -> int:
    return len(tenant.ledger(kind="return.created", vendor="returnmate"))


@EVERYWHERE
def test_connection_is_closed_without_an_answer(sandbox: Running, tenant: Tenant, vendor: str) -> None:
    for moment in ("before_work", "before_headers"):
        tenant.faults.add("cut", vendor=vendor, moment=moment, next=1)
        assert received(sandbox, request(tenant, vendor)) == b""
        with tenant.client(vendor) as http:
            assert http.get(LISTS[vendor][1]).status_code == HTTPStatus.OK


@EVERYWHERE
def test_connection_is_closed_in_the_middle_of_the_body(
    sandbox: Running, tenant: Tenant, vendor: str
) -> None:
    with tenant.client(vendor) as http:
        whole = http.get(LISTS[vendor][1], headers={"Accept-Encoding": "identity"}).content
    tenant.faults.add("cut", vendor=vendor, moment="mid_body", next=1)
    head, _, body = received(sandbox, request(tenant, vendor)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"content-length: %d\r\n" % len(whole) in head
    assert b"x-sandbox-fault: flt_" in head
    assert body == whole[: len(whole) // 2] != b""


@EVERYWHERE
def test_connection_is_closed_after_the_headers(sandbox: Running, tenant: Tenant, vendor: str) -> None:
    tenant.faults.add("cut", vendor=vendor, moment="after_headers", next=1)
    head, _, body = received(sandbox, request(tenant, vendor)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"content-length: " in head
    assert body == b""


def test_change_is_made_although_the_answer_is_lost(tenant: Tenant) -> None:
    before = created(tenant)
    outcomes = []
    for moment in ("before_work", "before_headers", "after_headers", "mid_body"):
        tenant.faults.add("cut", operation="create_return", moment=moment, next=1)
        with creating(tenant) as http, pytest.raises(httpx.RemoteProtocolError):
            create(http)
        outcomes.append(created(tenant) - before)
    assert outcomes == [0, 1, 2, 3]


def test_client_of_an_application_in_this_process_gets_an_exception() -> None:
    app = create_app(Settings(database="sqlite://", seed_size=0))
    try:
        with pytest.raises(ConnectionCut):
            run_in_process(app)
    finally:
        app.world.close()


def run_in_process(app: Any) -> None:
    async def call() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4010") as http:
            fault = {"what": "cut", "vendor": "returnmate"}
            added = await http.post("/__sandbox/tenants/demo/faults", json=fault)
            assert added.status_code == HTTPStatus.CREATED
            await http.get("/returnmate/v1/rmas", headers={"Authorization": "Bearer sandbox-demo-returnmate"})

    asyncio.run(call())


def test_time_out_ends_when_the_client_leaves(tenant: Tenant) -> None:
    before = created(tenant)
    fault = tenant.faults.add("timeout", operation="create_return", after_commit=True, next=1)
    with creating(tenant) as http, pytest.raises(httpx.ReadTimeout):
        http.post("/rmas", json=NEW_RMA, timeout=LEAVES_AFTER)
    assert (created(tenant) - before, tenant.faults.get(fault.id).fired) == (1, 1)
    tenant.faults.add("timeout", operation="create_return", next=1)
    with creating(tenant) as http, pytest.raises(httpx.ReadTimeout):
        http.post("/rmas", json=NEW_RMA, timeout=LEAVES_AFTER)
    assert created(tenant) - before == 1


def test_time_out_is_bounded(sandbox: Running, tenant: Tenant) -> None:
    tenant.faults.add("timeout", vendor="swap", seconds=1, next=1)
    began = monotonic()
    assert received(sandbox, request(tenant, "swap")) == b""
    assert 0.9 < monotonic() - began < 30


@EVERYWHERE
def test_truncated_json_is_a_whole_response(tenant: Tenant, vendor: str) -> None:
    tenant.faults.add("truncated_json", vendor=vendor, next=1)
    with tenant.client(vendor) as http:
        broken, whole = (http.get(LISTS[vendor][1]) for _ in range(2))
    assert (broken.status_code, broken.headers["content-type"]) == (200, "application/json")
    assert broken.content == whole.content[: len(whole.content) // 2]
    with pytest.raises(ValueError, match=r".+"):
        json.loads(broken.content)


@EVERYWHERE
def test_content_type_is_another(tenant: Tenant, vendor: str) -> None:
    tenant.faults.add("wrong_content_type", vendor=vendor, next=1)
    tenant.faults.add("wrong_content_type", vendor=vendor, content_type="text/plain", next=1)
    with tenant.client(vendor) as http:
        answers = [http.get(LISTS[vendor][1]) for _ in range(3)]
    kinds = [answer.headers["content-type"] for answer in answers]
    assert kinds == ["text/html; charset=utf-8", "text/plain", "application/json"]
    assert answers[0].content == answers[2].content


@EVERYWHERE
def test_body_is_empty(tenant: Tenant, vendor: str) -> None:
    tenant.faults.add("empty_body", vendor=vendor, next=1)
    with tenant.client(vendor) as http:
        answer = http.get(LISTS[vendor][1])
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")


@EVERYWHERE
def test_body_arrives_slowly_and_complete(tenant: Tenant, vendor: str) -> None:
    with tenant.client(vendor) as http:
        http.headers["Accept-Encoding"] = "identity"
        whole = http.get(LISTS[vendor][1]).content
        tenant.faults.add("slow_body", vendor=vendor, bytes_per_second=3 * len(whole), next=1)
        began, pieces, sizes = monotonic(), 0, 0
        with http.stream("GET", LISTS[vendor][1]) as answer:
            for piece in answer.iter_raw():
                pieces, sizes = pieces + 1, sizes + len(piece)
    assert (sizes, pieces > 2) == (len(whole), True)
    assert 0.25 < monotonic() - began < 60


def test_slow_body_stops_when_the_client_leaves(tenant: Tenant) -> None:
    tenant.faults.add("slow_body", vendor="returnmate", bytes_per_second=10, next=1)
    with tenant.client("returnmate") as http:
        with http.stream("GET", "/rmas") as answer:
            assert answer.status_code == HTTPStatus.OK
            next(answer.iter_raw(1))
        assert http.get("/rmas").status_code == HTTPStatus.OK


def test_server_stops_while_a_client_waits_for_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as stopping, Sandbox(stopping.url) as client, ThreadPoolExecutor(2) as pool:
        demo = client.tenant("demo")
        demo.faults.add("timeout", vendor="returnmate")
        demo.faults.add("slow_body", vendor="swap", bytes_per_second=10)
        answers = [
            pool.submit(received, stopping, request(demo, vendor), timeout=60)
            for vendor in ("returnmate", "swap")
        ]
        for _ in range(3_000):
            if sum(fault.fired for fault in demo.faults.list()) == len(answers):
                break
            sleep(0.02)
        stopping.process.terminate()
        assert stopping.process.wait(60) in {0, -signal.SIGTERM}
        assert [answer.result()[:12] for answer in answers] == [b"", b"HTTP/1.1 200"]
        assert "Traceback" not in stopping.log.read_text()


def test_server_logs_no_error_for_faults(sandbox: Running, tenant: Tenant) -> None:
    tenant.faults.add("cut", vendor="returngo", moment="mid_body")
    before = sandbox.log.read_text()
    for _ in range(3):
        assert b"HTTP/1.1 200" in received(sandbox, request(tenant, "returngo"))
    assert sandbox.log.read_text() == before
