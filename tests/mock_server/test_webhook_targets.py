"""Webhook targets: addresses are checked, and the connection goes to the checked address."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.command import run
from support.each import each

from mock_server.proxies import ProxyUnusable
from mock_server.settings import Settings
from mock_server.webhooks.outbox import Delivery
from mock_server.webhooks.targets import RefusedError, Targets
from mock_server.webhooks.transport import WebhookTransport, request_to, url_problem

HERE, BEYOND = "127.0.0.1", "0.0.0.0"
NEW = "new.example.com"


@dataclass
class Network:
    """A fake network: names with their addresses, and the requests that were sent."""

    names: Mapping[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sent: list[httpx.Request] = field(default_factory=list)
    down: tuple[str, ...] = ()

    async def resolve(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        if host not in self.names:
            raise OSError(host)
        return self.names[host]

    def receive(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if request.url.host in self.down:
            raise httpx.ConnectError("nothing listens", request=request)
        return httpx.Response(204)


def send(
    network: Network,
    url: str,
    *allow: str,
    host: str = HERE,
    proxies: Mapping[str, str] | None = None,
    own_port: int | None = None,
) -> httpx.Response:
    async def sent() -> httpx.Response:
        targets, direct = Targets.read(host, allow), httpx.MockTransport(network.receive)
        way = WebhookTransport(targets, proxies or {}, network.resolve, direct, own_port)
        try:
            return await way.handle_async_request(request_to(url, b"{}", timeout=httpx.Timeout(1)))
        finally:
            await way.aclose()

    return asyncio.run(sent())


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "127.0.0.1"), ("[::1]", "::1"), ("x.example.com", "127.8.8.8"), ("y", "::ffff:127.0.0.1")],
)
@pytest.mark.parametrize("allow", [(), ("0.0.0.0/0", "::/0", "x.example.com")])
def test_webhook_cannot_reach_the_sandboxs_control_plane(
    host: str, address: str, allow: tuple[str, ...]
) -> None:
    """The control plane asks no token of programs on the same machine."""
    network = Network({host.strip("[]"): [address]})
    path = "/__sandbox/tenants/demo/reset"
    with pytest.raises(RefusedError, match="not sent to the sandbox itself"):
        send(network, f"http://{host}:4010{path}", *allow, own_port=4010)
    assert network.sent == []
    assert send(network, f"http://{host}:4011{path}", *allow, own_port=4010).status_code == 204


@pytest.mark.parametrize(("host", "address"), [("0.0.0.0", "0.0.0.0"), ("[::]", "::")])
def test_the_unspecified_address_leads_to_the_control_plane_too(host: str, address: str) -> None:
    network = Network({address: [address]})
    with pytest.raises(RefusedError, match="not sent to the sandbox itself"):
        send(network, f"http://{host}:4010/", "0.0.0.0/0", "::/0", own_port=4010)
    assert network.sent == []


@pytest.mark.parametrize(
    ("listens", "allow", "host", "address", "admitted"),
    [
        (HERE, [], "localhost", "127.0.0.1", True),
        (HERE, [], "any.example.com", "127.0.0.1", True),
        (HERE, [], "::1", "::1", True),
        (HERE, [], "x", "::ffff:127.0.0.1", True),
        (HERE, [], "x", "10.0.0.5", False),
        (HERE, [], "x", "169.254.169.254", False),
        (HERE, [], "x", "0.0.0.0", False),
        (HERE, ["10.0.0.0/8"], "x", "10.0.0.5", True),
        (HERE, ["10.0.0.0/8"], "x", "::ffff:10.0.0.5", True),
        (HERE, ["10.0.0.0/8"], "x", "11.0.0.5", False),
        (HERE, ["10.0.0.5"], "x", "10.0.0.5", True),
        (HERE, ["2001:db8::/32"], "x", "2001:db8::1", True),
        (HERE, ["hooks.example.com"], "hooks.example.com", "192.0.2.1", True),
        (HERE, ["Hooks.example.com."], "hooks.example.com", "192.0.2.1", True),
        (HERE, ["hooks.example.com"], "evil.example.com", "192.0.2.1", False),
        (HERE, ["hooks.example.com"], "hooks.example.com", "169.254.169.254", False),
        ("::1", [], "x", "127.0.0.1", True),
        (BEYOND, [], "localhost", "127.0.0.1", False),
        (BEYOND, ["hooks.example.com"], "hooks.example.com", "127.0.0.1", False),
        (BEYOND, ["hooks.example.com"], "hooks.example.com", "192.0.2.1", True),
        (BEYOND, ["127.0.0.0/8"], "x", "127.0.0.1", True),
        (BEYOND, ["localhost"], "localhost", "127.0.0.1", True),
        (BEYOND, ["localhost"], "evil.example.com", "127.0.0.1", False),
    ],
)
def test_allowed_addresses_decide_which_target_is_accepted(
    listens: str, allow: list[str], host: str, address: str, admitted: bool
) -> None:
    assert Targets.read(listens, allow).admit(host, ip_address(address)) is admitted


def registered(
    network: Network,
    url: str,
    *allow: str,
    host: str = HERE,
    proxies: Mapping[str, str] | None = None,
    own_port: int | None = None,
) -> str:
    """Return the problem that a registration of `url` reports."""

    async def asked() -> str:
        way = WebhookTransport(Targets.read(host, allow), proxies or {}, network.resolve, own_port=own_port)
        return await way.problem(url)

    return asyncio.run(asked())


def refusal(network: Network, url: str, *allow: str, **options: Any) -> str:
    """Return why a delivery to `url` is refused, or "" if it is sent."""
    try:
        send(network, url, *allow, **options)
    except RefusedError as refused:
        return str(refused)
    except httpx.ConnectError:  # no server listens on the proxy's port
        if not options["proxies"]:
            raise
    return ""


@pytest.mark.parametrize("listens", [HERE, BEYOND])
@pytest.mark.parametrize(
    "allow", [(), ("hooks.example.com",), ("10.0.0.0/8",), ("127.0.0.1",), ("0.0.0.0/0",)]
)
@pytest.mark.parametrize("proxies", [{}, {"http": "http://127.0.0.1:9/"}])
def test_registration_refuses_what_a_delivery_refuses(
    listens: str, allow: tuple[str, ...], proxies: dict[str, str]
) -> None:
    """Both have the same rules, and the same sentence."""
    names = {
        "hooks.example.com": ["192.0.2.1"],
        "metadata.example.com": ["169.254.169.254"],
        "localhost": ["::1", "127.0.0.1"],
        "inside.example.com": ["10.0.0.5"],
        **{address: [address] for address in ("127.0.0.1", "10.0.0.5", "192.0.2.1", "169.254.169.254")},
    }
    outcomes = set()
    for host in each(names):
        for port in (8000, 4010):
            url = f"http://{host}:{port}/in"
            network = Network(names)
            options: dict[str, Any] = {"host": listens, "proxies": proxies, "own_port": 4010}
            problem = registered(network, url, *allow, **options)
            assert refusal(network, url, *allow, **options) == problem
            outcomes.add(problem)
    assert len(outcomes) > 1, "some are refused"


@pytest.mark.parametrize(
    ("allow", "problem"),
    [
        (
            (),
            f"Webhooks may not be sent to {NEW}; start the sandbox with --webhook-allow {NEW}.",
        ),
        ((NEW,), ""),
        (("10.0.0.0/8",), ""),
    ],
)
def test_name_without_an_address_is_accepted_if_a_later_address_may_be_allowed(
    allow: tuple[str, ...], problem: str
) -> None:
    assert registered(Network(), f"http://{NEW}/in", *allow) == problem


def test_connection_goes_to_the_checked_address_with_the_original_host_name() -> None:
    network = Network({"hooks.example.com": ["169.254.169.254", "192.0.2.7"]})
    send(network, "https://hooks.example.com:8443/in?token=x", "192.0.2.0/24")
    (request,) = network.sent
    assert str(request.url) == "https://192.0.2.7:8443/in?token=x"
    assert request.headers["host"] == "hooks.example.com:8443"
    assert request.extensions["sni_hostname"] == "hooks.example.com"
    assert network.asked == ["hooks.example.com"], "the name is resolved once"


def test_forbidden_target_is_not_connected_to_and_the_error_names_the_setting() -> None:
    network = Network({"hooks.example.com": ["192.0.2.7"]})
    for listens in (HERE, BEYOND):
        with pytest.raises(RefusedError, match=r"start the sandbox with --webhook-allow hooks\.example\.com"):
            send(network, "http://hooks.example.com/", host=listens)
    assert network.sent == []


def test_next_address_is_tried_if_one_refuses() -> None:
    network = Network({"localhost": ["::1", "127.0.0.1"]}, down=("::1",))
    assert send(network, "http://localhost:8080/").status_code == 204
    assert [str(request.url) for request in network.sent] == ["http://[::1]:8080/", "http://127.0.0.1:8080/"]


def test_unknown_host_name_is_unreachable() -> None:
    with pytest.raises(httpx.ConnectError, match="is not found"):
        send(Network(), "http://nowhere.example.com/", "nowhere.example.com")


PROXIES = {"http": "http://127.0.0.1:9/", "https": "http://127.0.0.1:9/", "all": "socks5://127.0.0.1:9"}


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/", "http://localhost/", "http://[::1]/"])
def test_loopback_never_uses_a_proxy(url: str) -> None:
    network = Network({"localhost": ["127.0.0.1"], "127.0.0.1": ["127.0.0.1"], "::1": ["::1"]})
    assert send(network, url, "hooks.example.com", proxies=PROXIES).status_code == 204
    assert send(network, url, proxies={"all": "socks5://127.0.0.1:9"}).status_code == 204


def test_other_hosts_use_the_proxy_by_name_unless_no_proxy_excludes_them() -> None:
    network = Network({"hooks.example.com": ["192.0.2.7"], "in.example.org": ["192.0.2.8"]})
    with pytest.raises(httpx.ConnectError):  # no server listens on the proxy's port
        send(network, "http://hooks.example.com/", "hooks.example.com", proxies=PROXIES)
    with pytest.raises(RefusedError, match="allow it by its name"):
        send(network, "http://hooks.example.com/", "192.0.2.0/24", proxies=PROXIES)
    assert (network.sent, network.asked) == ([], [])
    for listed in ("example.org", ".example.org", "*.example.org", "other, in.example.org", "*"):
        send(network, "http://in.example.org/", "in.example.org", proxies={**PROXIES, "no": listed})
    assert [str(request.url) for request in network.sent] == ["http://192.0.2.8/"] * 5


def test_unusable_proxy_is_reported_in_one_sentence() -> None:
    with pytest.raises(ProxyUnusable, match=r"through the socks5 proxy .* set HTTP_PROXY and HTTPS_PROXY"):
        send(Network(), "http://hooks.example.com/", "hooks.example.com", proxies={"all": "socks5://p:1"})


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://xn--4t8h.dwk.io/hook", ""),  # a name that IDNA 2008 does not allow
        ("http://xn--a/", ""),
        ("http://a.xn--zz--/", "must have a host name"),
        ("https://münchen.example.com/", ""),
        ("https://💩.example.com/", "is not a URL"),
        ("http://a..b/", "must have a host name"),
        ("http://exa mple.com/", "must have a host name"),
        (f"http://{'a' * 64}.example.com/", "must have a host name"),
        ("http://127.0.0.1:99999/", "must have a port between 1 and 65535"),
        ("http://127.0.0.1:0/", "must have a port between 1 and 65535"),
        ("http://[::1]:8080/", ""),
    ],
)
def test_unusual_url_is_accepted_or_refused_without_an_exception(url: str, fault: str) -> None:
    assert url_problem(url).startswith(fault)
    assert bool(url_problem(url)) == bool(fault)
    if not fault:
        shown = Delivery(1, "t", "v", "w", "E", f"{url}?secret", b"", 0, 0, 0, "", "waiting").address
        assert "secret" not in shown
        with pytest.raises(httpx.ConnectError):
            send(Network(), url)


def test_targets_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETURNS_WEBHOOK_ALLOW", "hooks.example.com, 10.0.0.0/8")
    assert Settings().webhook_allow == ("hooks.example.com", "10.0.0.0/8")
    assert Settings().targets.names_host("hooks.example.com")
    assert Settings(webhook_allow=("a.example.com",)).webhook_allow == ("a.example.com",)


def test_invalid_target_setting_stops_the_start(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--database", "sqlite://", "--webhook-allow", "10.0.0.0/99")
    assert done.returncode == 2
    assert done.stderr == (
        "--webhook-allow: '10.0.0.0/99' is neither a host nor a CIDR block; "
        "use one such as hooks.example.com or 10.0.0.0/8.\n"
    )
