"""A vendor that repeats the login in every text of an answer: no module's error or log shows it in Make."""

import json
from typing import Any

import httpx
import pytest
from support.each import each
from support.make.all_steps import HOST, Step, offered, steps
from support.make.requests import MakeError

STATUSES = (200, 302, 400, 401, 403, 404, 405, 409, 429, 500, 502, 503)
STEPS = list(steps())


def secrets(vendor: str) -> list[str]:
    """Return the secrets of the connection that `all_steps.connected` creates."""
    login = offered(vendor).authentication
    fields = [f"sandbox-demo-{one.key}" for one in login.fields if one.secret]
    return [*fields, *(["sandbox-demo-token"] if login.tokens and not login.field else [])]


def answer(vendor: str, status: int, secret: str) -> httpx.Response:
    """Return an error whose texts all contain the secret."""
    form = offered(vendor).errors
    told = f"The key {secret} is not valid: {secret}"
    body: Any = {"extra": secret}
    for path, text in ((form.message, told), (form.code, secret), (form.fields, [{"field": secret}])):
        body = set_at(body, path, text) if path else body
    headers = {"location": f"{HOST}/other?key={secret}", "x-request-id": secret}
    return httpx.Response(status, headers=headers, content=json.dumps(body))


def set_at(body: Any, path: tuple[str, ...], value: Any) -> Any:
    """Return a body with a value at a path, whose digits are places in lists."""
    if not path:
        return value
    first, *rest = path
    if first.isdigit():
        return [set_at(body[0] if isinstance(body, list) else {}, tuple(rest), value)]
    known = body if isinstance(body, dict) else {}
    return {**known, first: set_at(known.get(first, {}), tuple(rest), value)}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_no_error_shows_a_secret(step: Step) -> None:
    for secret in each(secrets(step.vendor)):
        told = {status: message(step, answer(step.vendor, status, secret)) for status in STATUSES}
        assert {status for status, text in each(told.items()) if secret in text} == set()
        assert len([text for text in told.values() if text]) >= len(STATUSES) - 1


def message(step: Step, failure: httpx.Response) -> str:
    """Return what Make shows of the failed module; "" if it does not fail."""
    try:
        step.run(lambda _request: failure)
    except MakeError as error:
        return f"{error} {error.message} {error.type}"
    return ""
