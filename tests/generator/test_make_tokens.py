"""Token logins in Make apps, with one base URL per account: requested, refreshed in time, never logged."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from support.make.connections import connect
from support.make.engine import Connected
from support.make.offline import NOW, loaded
from support.make.requests import MakeError, Wire

from connector.definition.model import AuthField, Field, Integration, Operation, TokenGrant, TokenLogin
from connector.generator.make import render
from connector.generator.make.lint import check, parsed
from connector.generator.make.manifest import FILE

HOST = "https://acme.returns.example"
TYPED = {"base_url": HOST, "client_id": "id-1", "client_secret": "s3cret"}


def with_tokens(made: Integration, *, refresh: bool, expires: bool = True) -> Integration:
    """Return ReturnMate with an invented login by client credentials."""
    fields = (
        AuthField(key="client_id", label="Client ID"),
        AuthField(
            key="client_secret",
            label="Client Secret",
            secret=True,
            help="Ask for it.",
            page="https://shop.example/keys",
        ),
    )
    fills = {"id": "client_id", "secret": "client_secret"}
    tokens = TokenLogin(
        operation="get_token",
        grants=(
            TokenGrant(constants={"kind": "code"}, fills={"code": "code"}, once=True),
            TokenGrant(constants={"kind": "client"}, fills=fills),
        ),
        refresh=TokenGrant(constants={"kind": "again"}, fills=fills) if refresh else None,
        refresh_as="old" if refresh else "",
        access_token=("token", "value"),
        refresh_token=("next",) if refresh else None,
        expires_in=("lives",) if expires else None,
        fields=(*fields, AuthField(key="code", label="Code", required=False)),
    )
    operation = Operation(
        id="get_token",
        method="POST",
        path="/token",
        summary="Get a token",
        status=200,
        response=Field(key="", label="", type="object"),
    )
    login = made.authentication.model_copy(
        update={
            "field": "",
            "fields": (),
            "tokens": tokens,
            "host": AuthField(key="base_url", label="Address"),
            "connection_label": "{client_id}",
        }
    )
    return made.model_copy(
        update={"authentication": login, "operations": {**made.operations, "get_token": operation}}
    )


class Vendor:
    """Issues numbered tokens, and accepts only the last one."""

    def __init__(self, *, renews: bool = True) -> None:
        self.renews = renews
        self.given = 0
        self.bodies: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token":
            self.bodies.append(json.loads(request.content))
            if self.bodies[-1].get("secret") != "s3cret":
                return httpx.Response(401, json={"error": {"code": "NO", "message": "Who are you?"}})
            self.given += 1
            answer = {"token": {"value": f"t0ken-{self.given}"}, "lives": 3600}
            return httpx.Response(200, json=answer | ({"next": f"n3xt-{self.given}"} if self.renews else {}))
        good = request.headers.get("authorization") == f"Bearer t0ken-{self.given}"
        return httpx.Response(200 if good else 401, json={"data": [], "meta": {"total": 0}, "error": {}})


def connected(made: Integration, vendor: Vendor, **typed: str) -> Connected:
    wire = Wire(httpx.Client(transport=httpx.MockTransport(vendor)), {HOST: HOST})
    return connect(loaded(render(made)), wire, NOW, **{**TYPED, **typed})


@pytest.mark.parametrize("refresh", [True, False])
def test_tokens_are_requested_sent_and_refreshed_in_time(returnmate: Integration, refresh: bool) -> None:
    vendor = Vendor(renews=refresh)
    make = connected(with_tokens(returnmate, refresh=refresh), vendor)
    assert make.shown_as == "id-1"
    assert vendor.bodies == [{"kind": "client", "id": "id-1", "secret": "s3cret"}]
    make.now = NOW + timedelta(minutes=57)
    assert make.run("findReturn") == []
    assert vendor.given == 1
    make.now = NOW + timedelta(minutes=59)
    assert make.run("findReturn") == []
    again = {"kind": "again", "id": "id-1", "secret": "s3cret", "old": "n3xt-1"}
    assert vendor.bodies[1:] == [again if refresh else vendor.bodies[0]]
    assert make.run("findReturn") == []
    assert vendor.given == 2
    told = str(make.wire.log)
    assert not any(secret in told for secret in ("s3cret", "t0ken", "n3xt"))


def test_tokens_without_an_expiry_are_not_refreshed(returnmate: Integration) -> None:
    vendor = Vendor()
    make = connected(with_tokens(returnmate, refresh=True, expires=False), vendor)
    make.now = NOW + timedelta(days=300)
    assert make.run("findReturn") == []
    assert vendor.given == 1


def test_wrong_login_is_refused(returnmate: Integration) -> None:
    made = with_tokens(returnmate, refresh=True)
    with pytest.raises(MakeError, match=r"\[401\] Who are you") as caught:
        connected(made, Vendor(), client_secret="wrong")
    assert caught.value.type == "InvalidAccessTokenError"
    odd = (
        "https://acme.example/",
        "https://acme.example/shop/",
        "https://me@acme.example",
        "https://acme.example/?a=b",
        "https://acme.example#b",
    )
    for address in ("http://acme.returns.example", "acme.returns.example", "https://", *odd):
        with pytest.raises(MakeError, match="BundleValidationError"):
            connected(made, Vendor(), base_url=address)


def test_app_with_tokens_passes_the_lint(returnmate: Integration) -> None:
    files = render(with_tokens(returnmate, refresh=True))
    texts = {path[4:]: text for path, text in files.items() if path.startswith("src/")}
    assert [str(one) for one in check(parsed(texts))] == []
    (entry,) = json.loads(files[FILE])["components"]["connection"].values()
    assert entry["connectionType"] == "oauth"
    assert entry["codeFiles"]["communication"].endswith(".oauth-communication.iml.json")
    form = json.loads(texts[entry["codeFiles"]["params"]])
    assert [one["name"] for one in form] == ["base_url", "client_id", "client_secret"]
    assert form[0]["help"].endswith("Leave out the slash at the end.")
    assert json.loads(texts["general/base.iml.json"])["baseUrl"] == "{{connection.base_url}}"


@pytest.mark.parametrize("path", ["request.body.secret", "request.body.old", "response.body.token.value"])
def test_token_that_would_be_logged_is_found(returnmate: Integration, path: str) -> None:
    files = render(with_tokens(returnmate, refresh=True))
    texts = {name[4:]: text for name, text in files.items() if name.startswith("src/")}
    seeded = {name: text.replace(f'"{path}"', '"request.body.x"') for name, text in texts.items()}
    assert "M037" in {one.check for one in check(parsed(seeded))}
