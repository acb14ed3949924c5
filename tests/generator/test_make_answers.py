"""Modules of every Make app when the vendor redirects, sends an empty answer or sends HTML."""

import json

import httpx
import pytest
from support.make.all_steps import HOST, Step, connected, offered, steps
from support.make.connections import connect
from support.make.engine import MakeApp
from support.make.offline import NOW
from support.make.requests import MakeError, Wire
from support.make.shop import APPS

from connector.definition.compiler import vendors
from connector.generator.make.requests import version_prefix

ALL = list(steps())
ELSEWHERE = "https://elsewhere.example.net/v1/rmas"
LOST = "The change may or may not have been made. Check before you run this again."


class Vendor:
    """Sends the same answer to every request, and records the URLs."""

    def __init__(self, status: int, *, content: bytes = b"", **headers: str) -> None:
        self.asked: list[httpx.Request] = []
        self._reply = (status, content, {name.replace("_", "-"): value for name, value in headers.items()})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        status, content, headers = self._reply
        return httpx.Response(status, content=content, headers=headers)


def test_every_vendor_has_modules_of_every_kind() -> None:
    assert {one.vendor for one in ALL} == set(vendors())
    assert {one.kind for one in ALL} == {"trigger", "action", "search", "rpc"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("step", ALL, ids=lambda one: one.id)
def test_redirect_is_an_error_that_names_the_address(step: Step, status: int) -> None:
    vendor = Vendor(status, location=ELSEWHERE)
    with pytest.raises(MakeError, match=r"The answer is a redirect\. Redirects are not followed") as caught:
        step.run(vendor)
    [asked] = vendor.asked
    assert asked.url.host in caught.value.message
    assert asked.url.path.split("/")[1] in caught.value.message
    assert "elsewhere" not in caught.value.message
    assert caught.value.message.endswith(LOST) == step.changes()
    assert caught.value.type == "RuntimeError"


@pytest.mark.parametrize("step", ALL, ids=lambda one: one.id)
def test_304_is_neither_a_redirect_nor_an_answer(step: Step) -> None:
    with pytest.raises(MakeError, match=r"\[304\] .*has an unexpected form") as caught:
        step.run(Vendor(304, location=ELSEWHERE))
    assert "redirect" not in caught.value.message


@pytest.mark.parametrize("step", ALL, ids=lambda one: one.id)
def test_redirect_on_the_same_host_names_the_address_to_use(step: Step) -> None:
    first = Vendor(200, content=b"{}", content_type="application/json")
    with pytest.raises(MakeError) if step.reads_one() else _nothing():
        step.run(first)
    origin = f"https://{first.asked[0].url.host}"
    vendor = Vendor(308, location=f"{origin}/v9/here?token=sandbox-demo-x")
    with pytest.raises(MakeError, match=f"Use the address {origin}/v9/here instead\\.") as caught:
        step.run(vendor)
    assert "sandbox-demo" not in caught.value.message
    assert len(vendor.asked) == 1


class _nothing:  # noqa: N801 - used like pytest.raises
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


@pytest.mark.parametrize("step", [one for one in ALL if one.kind == "action"], ids=lambda one: one.id)
@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [(204, b"", ""), (200, b"", "application/json"), (200, b"<html>ok</html>", "text/html"),
     (202, b"Accepted", "text/plain"), (200, b"null", "application/json"), (200, b"{}", "application/json")],
)  # fmt: skip
def test_empty_answer_is_no_result(step: Step, status: int, content: bytes, kind: str) -> None:
    vendor = Vendor(status, content=content, **({"content_type": kind} if kind else {}))
    with pytest.raises(MakeError, match="The answer is empty or has an unexpected form") as caught:
        step.run(vendor)
    assert caught.value.message.endswith(LOST) == step.changes()
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("step", [one for one in ALL if one.kind != "action"], ids=lambda one: one.id)
def test_html_page_is_an_error_and_not_an_empty_list(step: Step) -> None:
    vendor = Vendor(200, content=b"<html>We are back soon</html>", content_type="text/html; charset=utf-8")
    with pytest.raises(MakeError, match="has an unexpected form"):
        step.run(vendor)


@pytest.mark.parametrize("vendor", vendors())
def test_universal_module_does_not_accept_a_redirect(vendor: str) -> None:
    other = Vendor(302, location=ELSEWHERE)
    with pytest.raises(
        MakeError, match=r"no result for POST https://[^ ]*/v1/x\. The answer is a redirect.*Check before"
    ):
        connected(vendor, other).run("makeApiCall", url="/v1/x", method="POST", body="{}")
    assert len(other.asked) == 1


@pytest.mark.parametrize("vendor", vendors())
def test_connection_follows_no_redirect(vendor: str) -> None:
    offer = offered(vendor)
    app = MakeApp.load(APPS / vendor)
    other = Vendor(307, location=ELSEWHERE)
    prefix = version_prefix(offer)
    hosts = {one: one for one in (HOST, *(e.base_url.removesuffix(prefix) for e in offer.environments))}
    [name] = app.components("connection")
    form = app.code("connection", name, "params")
    typed = {
        one["name"]: HOST if one.get("validate") else f"sandbox-demo-{one['name']}"
        for one in form
        if "options" not in one
    }
    wire = Wire(httpx.Client(transport=httpx.MockTransport(other), trust_env=False), hosts)
    with pytest.raises(MakeError, match="The answer is a redirect") as caught:
        connect(app, wire, NOW, **typed)
    assert len(other.asked) == 1
    assert "sandbox-demo" not in caught.value.message


@pytest.mark.parametrize("step", ALL, ids=lambda one: one.id)
def test_error_message_of_the_vendor_is_truncated(step: Step) -> None:
    said = offered(step.vendor).errors.message
    body: object = "x" * 9_000
    for name in reversed(said):
        body = [body] if name.isdecimal() else {name: body}
    vendor = Vendor(400, content=json.dumps(body).encode(), content_type="application/json")
    with pytest.raises(MakeError) as caught:
        step.run(vendor)
    assert 500 <= caught.value.message.count("x") < 510
