"""Which addresses receive credentials, and which proxy is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.fake_vendor import Time
from support.sandbox import free_port

import connector
from connector.cli.program import run
from connector.definition.compiler import integration, vendors
from connector.errors import ConfigurationError, VendorUnavailable
from connector.transport.addresses import is_loopback, parse_base_url, transport_for
from connector.transport.deadline import Deadline
from connector.transport.request import build
from connector.transport.sending import Sender
from connector.transport.sharing import SharedTransports
from mock_server import proxies

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.sandbox import Sandbox

HERE = ["127.0.0.1", "127.1.2.3", "::1", "localhost", "LOCALHOST", "localhost.", "shop.localhost", "0.0.0.0"]
THERE = [
    "10.0.0.1",
    "192.168.1.1",
    "sandbox",
    "localhost.example.com",
    "my-localhost",
    "127.0.0.1.example",
]
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD")
NOT_FOUND = 4
SQUID = "http://you:secret@squid.example.com:3128"


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the environment's proxy variables to exactly these."""

    def put(**given: str) -> None:
        for name in VARIABLES:
            for form in (name, name.lower()):
                monkeypatch.delenv(form, raising=False)
        for name, value in given.items():
            monkeypatch.setenv(name, value)

    put()
    return put


@pytest.mark.parametrize("host", HERE)
def test_http_is_allowed_for_loopback_only(host: str) -> None:
    place = f"[{host}]" if ":" in host else host
    assert str(parse_base_url(f"http://{place}:4010/")) == str(httpx.URL(f"http://{place}:4010"))
    assert is_loopback(host)
    assert is_loopback(place)
    assert proxies.reaches_itself(place)


@pytest.mark.parametrize("host", THERE)
def test_http_to_another_host_is_refused(host: str) -> None:
    with pytest.raises(ConfigurationError, match="would send the login unencrypted; use https://"):
        parse_base_url(f"http://{host}/v1")
    assert str(parse_base_url(f"https://{host}/v1")) == f"https://{host}/v1"
    assert not is_loopback(host)
    assert not proxies.reaches_itself(host)


@pytest.mark.parametrize("vendor", vendors())
def test_no_vendor_receives_credentials_over_http(vendor: str) -> None:
    made = integration(vendor)
    fields: dict[str, Any] = {one.key: "sandbox-x" for one in made.authentication.fields}
    with pytest.raises(ConfigurationError, match=rf"^{vendor}: .* would send the login"):
        connector.open(made, base_url="http://shop.example.com", **fields)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://you:secret@api.example.com", "must not contain a user name"),
        ("https://api.example.com/v1?key=1", "remove everything after the path"),
        ("https://api.example.com/v1?", "remove everything after the path"),
        ("https://api.example.com/v1#top", "remove everything after the path"),
        (f"https://{'a' * 64}.example.com", "is not a base URL"),
        ("https://a..example.com", "is not a base URL"),
        ("https://xn--a", "is not a base URL"),
        ("https://xn--4t8h.dwk.io", "is not a base URL"),
        ("https://", "is not a base URL"),
        ("https://[::1", "is not a base URL"),
        ("https://api.example.com:99999", "is not a base URL"),
        ("https://" + "a" * 70_000, "is not a base URL"),
        ("\x00", "is not a base URL"),
        ("", "is not a base URL"),
    ],
)
def test_invalid_address_is_refused_in_one_sentence(url: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        parse_base_url(url)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("host", [*HERE, "[::1]"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_loopback_bypasses_the_proxy(proxied: Callable[..., None], host: str, scheme: str) -> None:
    proxied(HTTP_PROXY=SQUID, HTTPS_PROXY=SQUID, ALL_PROXY="socks5://127.0.0.1:1080")
    place = f"[{host}]" if ":" in host and host[0] != "[" else host
    url = f"{scheme}://{place}:4010"
    assert proxies.proxy(url) is None
    assert not is_proxy(transport_for(httpx.URL(url)))


def is_proxy(way: httpx.AsyncHTTPTransport) -> bool:
    return "Proxy" in type(way._pool).__name__


@pytest.mark.parametrize(
    ("given", "uses"),
    [
        ({"HTTPS_PROXY": SQUID}, True),
        ({"https_proxy": "squid.example.com:3128"}, True),
        ({"ALL_PROXY": SQUID}, True),
        ({"HTTP_PROXY": SQUID}, False),
        ({"HTTPS_PROXY": SQUID, "ALL_PROXY": "socks5://127.0.0.1:1080"}, True),
        ({"HTTP_PROXY": "gopher://127.0.0.1", "HTTPS_PROXY": SQUID}, True),
        ({"HTTPS_PROXY": SQUID, "NO_PROXY": "api.example.com"}, False),
        ({"HTTPS_PROXY": SQUID, "NO_PROXY": ".example.com"}, False),
        ({"HTTPS_PROXY": SQUID, "NO_PROXY": "*"}, False),
        ({"HTTPS_PROXY": SQUID, "NO_PROXY": "other.example"}, True),
        ({"HTTPS_PROXY": ""}, False),
        ({}, False),
    ],
)
def test_other_hosts_use_the_proxy_configured_for_them(
    proxied: Callable[..., None], given: dict[str, str], uses: bool
) -> None:
    proxied(**given)
    assert is_proxy(transport_for(httpx.URL("https://api.example.com/v1"))) is uses
    found = proxies.proxy("https://api.example.com/v1")
    assert (found is not None) is uses
    if found is not None:
        assert found.url.host == "squid.example.com"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "socks5://you:secret@127.0.0.1:1080"),
        ("ALL_PROXY", "socks4://you:secret@127.0.0.1:1080"),
        ("HTTPS_PROXY", "ftp://you:secret@127.0.0.1:21"),
        ("HTTPS_PROXY", "http://you:secret@[::1"),
        ("HTTPS_PROXY", "http://you:secret@127.0.0.1:x"),
        ("HTTPS_PROXY", "http://you:secret@127.0.0.1:99999"),
        ("HTTPS_PROXY", "http://you:secret@:3128"),
        ("HTTPS_PROXY", "http://you:secret@squid example:3128"),
        ("ALL_PROXY", "http://you:secret@squid..example.com"),
        ("ALL_PROXY", "https://"),
    ],
)
def test_unusable_proxy_is_reported_in_one_sentence(
    proxied: Callable[..., None], variable: str, value: str
) -> None:
    proxied(**{variable: value})
    with pytest.raises(ConfigurationError, match=rf"^returnmate: The proxy in {variable} \(") as caught:
        connector.open("returnmate", api_key="sandbox-key")
    with pytest.raises(proxies.ProxyUnusable, match=rf"^The proxy in {variable} \(") as refused:
        proxies.proxy("https://api.example.com")
    for said in (str(caught.value), str(refused.value)):
        assert said.endswith("into NO_PROXY.")
        assert "secret" not in said


@pytest.mark.anyio
@pytest.mark.parametrize("shared", [None, SharedTransports()], ids=["own transport", "shared transport"])
async def test_unreachable_proxy_is_blamed_instead_of_the_vendor(
    proxied: Callable[..., None], shared: SharedTransports | None
) -> None:
    unused_port = free_port()
    proxied(HTTPS_PROXY=f"http://you:secret@127.0.0.1:{unused_port}")

    offer, time = integration("returnmate"), Time()
    sender = Sender(offer, parse_base_url("https://api.example.com/v1"), {}, shared, 30.0)
    asked = build(offer.operations["get_return"], {"id": "r1"})
    with pytest.raises(VendorUnavailable) as caught:
        await sender.send(asked, "sandbox-key", Deadline(30.0, time.sleep, "returnmate"))
    await sender.close()
    said = str(caught.value)
    assert f" through the proxy in HTTPS_PROXY ('http://127.0.0.1:{unused_port}') (connection re" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    "given",
    [{"HTTP_PROXY": "http://127.0.0.1:9"}, {"ALL_PROXY": "socks5://127.0.0.1:9"}],
    ids=["http", "socks"],
)
@pytest.mark.parametrize(
    ("command", "ends"),
    [
        (["credentials"], 0),
        (["search", "returnmate", "find_return", "-i", "customer_email=unknown@example.com"], NOT_FOUND),
    ],
    ids=["control plane", "vendor"],
)
def test_commands_reach_the_sandbox_with_any_proxy_configured(
    sandbox: Sandbox,
    proxied: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, str],
    command: list[str],
    ends: int,
    tmp_path: Path,
) -> None:
    proxied(**given)
    monkeypatch.setenv("RETURNS_SANDBOX_URL", sandbox.url)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert run(command) == ends
