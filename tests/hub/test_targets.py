"""Which targets the hub sends to: public addresses, and what the person who runs the hub allows."""

import asyncio
import socket
from ipaddress import ip_address

import httpx
import pytest
from support.each import each

from connector.errors import ConfigurationError
from connector.hub.targets import Allowed, TargetRefusedError, check_url, client, host_of

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "192.168.0.5",
    "169.254.169.254",
    "::1",
    "fe80::1",
    "::ffff:127.0.0.1",
    "0.0.0.0",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "fec0::1",
    "3fff::1",
    "5f00::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_inside_the_network_is_refused(address: str) -> None:
    assert not Allowed().address(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_a_public_address_is_allowed(address: str) -> None:
    assert Allowed().address(ip_address(address))


def test_networks_and_hosts_can_be_allowed() -> None:
    allowed = Allowed(["10.0.0.0/8", "127.0.0.1", "N8N.internal"])
    assert allowed.address(ip_address("10.9.9.9"))
    assert allowed.address(ip_address("::ffff:10.9.9.9"))
    assert allowed.address(ip_address("64:ff9b::a09:909"))
    assert not allowed.address(ip_address("192.168.0.5"))
    assert allowed.host("n8n.internal")
    with pytest.raises(ConfigurationError, match="is not a network or host"):
        Allowed(["10.0.0.0/99"])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_nothing_is_sent_to_an_address_that_is_not_allowed(host: str) -> None:
    async def send() -> None:
        async with client(Allowed(), 5) as http:
            await http.post(f"http://{host}:9/hook")

    with pytest.raises(TargetRefusedError, match="--webhook-allow"):
        asyncio.run(send())


def test_the_address_is_checked_after_the_name_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(_loop: object, host: str, port: int, **_options: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port))]

    async def send() -> None:
        async with client(Allowed(), 5) as http:
            await http.post("http://hooks.example.com/hook")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    with pytest.raises(TargetRefusedError, match="is not a public address"):
        asyncio.run(send())


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.example.com",
        "https://",
        "hooks.example.com",
        "https://u:p@hooks.example.com",
        "https://[bad",
        "http://a..b/",
        f"http://{'x' * 64}/",
        "http://h:0/",
        "http://h:99999/",
    ],
)
def test_a_target_that_is_no_usable_url_is_refused_when_it_is_chosen(url: str) -> None:
    with pytest.raises(ConfigurationError):
        check_url(url)
    check_url(f"https://hooks.example.com/{'a' * 100}")


PRIVATE = [
    "127.0.0.1",
    "10.0.0.7",
    "[::1]",
    "[::ffff:10.0.0.7]",
    "169.254.169.254",
    "localhost",
    "a.localhost.",
]


@pytest.mark.parametrize("host", PRIVATE)
def test_a_target_at_a_private_address_is_refused_when_it_is_chosen(host: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a public address"):
        Allowed(["192.168.0.0/16"]).check_target(f"http://{host}:8080/returns")
    Allowed(["0.0.0.0/0", "::/0"]).check_target(f"http://{host}:8080/returns")


@pytest.mark.parametrize("host", ["hooks.example.com", "8.8.8.8", "[2606:4700::1111]", "n8n.internal"])
def test_a_public_address_or_a_host_name_is_accepted_when_it_is_chosen(host: str) -> None:
    url = f"https://{host}/returns"
    Allowed().check_target(url)
    assert host_of(httpx.URL(url)) == host.strip("[]")


def test_localhost_is_accepted_if_one_of_its_addresses_is_allowed() -> None:
    for allowed in each(["::1", "127.0.0.1", "localhost"]):
        Allowed([allowed]).check_target("http://localhost:5678/webhook")
        with pytest.raises(ConfigurationError):
            Allowed([f"{allowed}1"]).check_target("http://localhost:5678/webhook")


def test_a_redirect_is_not_followed() -> None:
    async def send() -> httpx.Response:
        moved = httpx.MockTransport(
            lambda _request: httpx.Response(302, headers={"location": "http://10.0.0.1"})
        )
        async with client(Allowed(), 5, moved) as http:
            return await http.post("https://hooks.example.com")

    assert asyncio.run(send()).status_code == 302


def test_a_name_that_only_the_newer_idna_refuses_can_be_a_target() -> None:
    for url in each(["https://xn--4t8h.dwk.io/hook", "http://xn--a/", "https://例え.example"]):
        check_url(url)
    assert host_of(httpx.URL("http://XN--A/x")) == "xn--a"


def test_a_name_that_cannot_be_looked_up_is_no_crash() -> None:
    async def send() -> None:
        async with client(Allowed(), 5) as http:
            await http.post(f"http://{'x' * 64}/hook")

    with pytest.raises(httpx.ConnectError, match="cannot be resolved"):
        asyncio.run(send())
