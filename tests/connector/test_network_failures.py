"""Connection failures name their real cause (DNS, TLS, refused, timeout), for each vendor and the sandbox."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.fake_vendor import Time

import connector
from connector.definition.compiler import integration, vendors
from connector.errors import VendorUnavailable
from connector.profiles import Profiles
from connector.transport.causes import cause

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


def caused(by: BaseException, *, as_group: bool = False) -> httpx.ConnectError:
    """Return httpx's error with the exceptions that caused it, chained as its transports chain them."""
    problem = httpx.ConnectError("All connection attempts failed")
    problem.__cause__ = OSError("All connection attempts failed")
    problem.__cause__.__cause__ = BaseExceptionGroup("several", [by]) if as_group else by
    return problem


def untrusted() -> ssl.SSLCertVerificationError:
    problem = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    problem.verify_message = "self-signed certificate"
    return problem


CAUSES: dict[str, tuple[Exception, str]] = {
    "name": (
        caused(socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
        "the host name x.example.com cannot be resolved: name or service not known",
    ),
    "refused": (
        caused(ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 9)")),
        "connection refused",
    ),
    "one of several addresses": (
        caused(OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH)), as_group=True),
        "no route to host",
    ),
    "certificate": (
        caused(untrusted()),
        "its TLS certificate is not accepted: self-signed certificate",
    ),
    "TLS": (
        caused(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")),
        "a TLS connection cannot be made; it may support http:// only",
    ),
    "time": (httpx.ConnectTimeout(""), "it does not answer in time"),
    "no HTTP": (
        httpx.RemoteProtocolError("illegal status line"),
        "its answer is not HTTP, or is cut off",
    ),
    "unknown": (httpx.ReadError(""), "ReadError"),
}


@pytest.mark.parametrize(("problem", "said"), CAUSES.values(), ids=CAUSES)
def test_each_network_failure_has_its_own_cause(problem: Exception, said: str) -> None:
    assert cause(problem, "x.example.com") == said


@pytest.mark.parametrize("vendor", vendors())
async def test_unreachable_vendor_is_reported_with_the_cause(vendor: str) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise CAUSES["name"][0]

    made, time = integration(vendor), Time()
    typed: dict[str, Any] = {one.key: f"example-{one.key}" for one in made.authentication.fields}
    async with connector.open(
        made,
        base_url="https://x.example.com",
        transport=httpx.MockTransport(fail),
        clock=time.clock,
        sleep=time.sleep,
        **typed,
    ) as connection:
        with pytest.raises(VendorUnavailable) as told:
            await connection.check()
    assert f"{CAUSES['name'][1]})." in str(told.value)
    assert str(told.value).startswith(f"{vendor}: ")


@pytest.mark.parametrize("name", ["name", "refused", "certificate", "TLS", "no HTTP"])
async def test_unreachable_sandbox_is_reported_with_the_cause(tmp_path: Path, name: str) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise CAUSES[name][0]

    environment = {"RETURNS_SANDBOX_URL": "https://x.example.com"}
    profiles = Profiles(tmp_path / "p.toml", environment, httpx.MockTransport(fail))
    with pytest.raises(VendorUnavailable) as told:
        await profiles.choose(integration("swap"))
    assert f"no sandbox answers at https://x.example.com ({CAUSES[name][1]}). Run" in str(told.value)


async def test_slow_sandbox_is_not_reported_as_missing(tmp_path: Path) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("")

    profiles = Profiles(tmp_path / "p.toml", {}, httpx.MockTransport(fail))
    with pytest.raises(VendorUnavailable, match="does not answer within 10 seconds; try again") as told:
        await profiles.choose(integration("swap"))
    assert "no sandbox" not in str(told.value)


def test_exception_that_is_its_own_context_has_a_cause() -> None:
    problem = httpx.ConnectError("refused by the gateway")
    other = ValueError("seen before")
    problem.__context__, other.__context__ = other, problem
    assert cause(problem, "x.example.com") == "refused by the gateway"
