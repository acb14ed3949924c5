"""Values that exclude each other in a request: each combination is allowed, or refused for its own reason."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from contract.sandbox.served import ACME, Served, served
from support.each import each

REFUNDS = ("refund", "store_credit")
KINDS = (*REFUNDS, "exchange")
WAYS = ("any-carrier", "keep-it")
POLICIES = list(itertools.product(KINDS, WAYS))
ORDER, UNITS = "#7001", 40

Send = Callable[..., tuple[int, str]]


def reason(*policies: tuple[str, str]) -> str:
    """Return why ReturnGO's portal does not combine policies, or "": one method, and one kind of refund."""
    if len({way for _, way in policies}) > 1:
        return "return method"
    return "kind of refund" if len({kind for kind, _ in policies if kind in REFUNDS}) > 1 else ""


def test_policies_are_combined_or_refused_as_documented() -> None:
    with served("returngo", ACME, seed_size=0) as api:
        line = ordered(api)
        both = [*itertools.product(POLICIES, repeat=2)]
        three = [[("refund", way), ("exchange", way), ("store_credit", way)] for way in WAYS]
        for policies in each([*both, *three]):
            units = [{"shopLineItemId": line, "policyId": f"{kind}-{way}"} for kind, way in policies]
            before = len(listed(api))
            answer = api.call("create_rma_by_policy", json={"order_name": ORDER, "items": units})
            expected = reason(*policies)
            assert (answer.status == 200) == (not expected), (policies, answer)
            assert expected in str(answer.body)
            assert len(listed(api)) == before + (not expected), policies


def ordered(api: Served) -> str:
    """Place an order of which all units can be returned; return the ID of its line."""
    item = {"sku": "MUG", "quantity": UNITS, "reason": "damaged"}
    body = {"vendor": "returngo", "order_number": ORDER, "customer_email": "kim@example.com", "items": [item]}
    rma = api.control("POST", f"/tenants/{ACME}/returns", json=body).body["document"]
    move = {"vendor": "returngo", "status": "Canceled"}
    api.control("POST", f"/tenants/{ACME}/returns/{rma['rmaSummary']['rmaId']}/move", json=move)
    line: str = rma["items"][0]["shopLineItemId"]
    return line


def listed(api: Served) -> list[Any]:
    found: list[Any] = api.call("list_rmas", query=[("pagesize", "500")]).body["rmas"]
    return found


def test_returnlogic_takes_the_value_that_belongs_to_the_grant_type() -> None:
    with served("returnlogic", ACME, seed_size=0) as api:
        app, first = installed(api)
        send = sender(api, app)
        assert "code is required" in send("authorization_code", refresh_token=first)[1]
        assert "refresh_token is required" in send("refresh_token", code=first)[1]
        assert send("refresh_token", refresh_token=first)[0] == 400, "a code is no refresh token"
        status, token = send("authorization_code", code=first, refresh_token="unknown")
        assert status == 200
        assert send("authorization_code", code=first)[0] == 400, "a code can be used once"
        assert send("authorization_code", code=token)[0] == 400, "a refresh token is no code"
        assert send("refresh_token", refresh_token=token, code="unknown")[0] == 200
        assert send("refresh_token", refresh_token=token)[0] == 400, "a refresh token can be used once"


def test_exsited_takes_the_value_that_belongs_to_the_grant_type() -> None:
    with served("exsited", ACME, seed_size=0) as api:
        fields = api.get(ACME, "/credentials")["vendors"]["exsited"]["fields"]
        client = {name: fields[name] for name in ("client_id", "client_secret")}
        send = sender(api, client)
        link = "https://app.example.com/in"
        status, token = send("client_credentials", redirect_uri=link)
        assert status == 200
        assert "redirect_uri" in send("client_credentials", refresh_token=token)[1]
        assert "refresh_token" in send("refresh_token", redirect_uri=link)[1]
        assert send("refresh_token", refresh_token=token)[0] == 200
        assert send("refresh_token", refresh_token="unknown", redirect_uri=link)[0] == 400


def sender(api: Served, client: dict[str, str]) -> Send:
    """Return a function that requests tokens; it returns the status, and the refresh token or the error."""
    operation = next(one for one in api.document.operations.values() if "grant_type" in str(one.raw))

    def send(grant_type: str, **values: str) -> tuple[int, str]:
        answer = api.call(operation, json={"grant_type": grant_type, **client, **values})
        return answer.status, answer.body["refresh_token"] if answer.ok else str(answer.body)

    return send


def installed(api: Served) -> tuple[dict[str, str], str]:
    """Install the public app of ReturnLogic; return its client credentials and the code."""
    to = f"/tenants/{ACME}/vendors/returnlogic/acts/install_app"
    document = api.control("POST", to, json={"redirect_uri": "https://app.example.com/in"}).body["document"]
    (code,) = parse_qs(urlsplit(document["redirect_to"]).query)["code"]
    return {name: document[name] for name in ("client_id", "client_secret")}, code
