"""Sends requests to the sandbox's control plane; if one fails, exits with a message and an exit code."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

import typer

from mock_server.cli import unreachable
from mock_server.cli.environment import ignored_secrets
from mock_server.cli.output import notify
from mock_server.wording import explained

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

DEFAULT_URL = "http://127.0.0.1:4010"
FAILED, MISUSED, INTERRUPTED = 1, 2, 130
_NO_CONTENT = 204
_EXIT_CODES = {400: 5, 401: 3, 403: 3, 404: 4, 409: 5, 429: 6}
"""Exit codes, keyed by HTTP status; `returns --help` describes them."""
_TIMEOUT = 30.0  # seconds
_UNPROTECTED = (
    "The sandbox requires no control token and ignored yours: everyone who can reach it can control it. "
    "Start it with RETURNS_CONTROL_TOKEN to protect it."
)
_NOT_UTF_8 = "An argument contains bytes that are not UTF-8 text."


def path_segment(name: str) -> str:
    """Percent-encode a name for use as one segment of a path; exit if the name is not valid UTF-8."""
    try:
        return quote(name, safe="")
    except UnicodeEncodeError:
        fail(_NOT_UTF_8, MISUSED)


def tenant_path(tenant: str, *names: str) -> str:
    """Build the path of a tenant in the control plane, or of a resource that belongs to the tenant.

    `names` are the path segments after the tenant's name.
    """
    return "/".join(["/tenants", *map(path_segment, (tenant, *names))])


def not_none(**values: Any) -> dict[str, Any]:
    """Return a dictionary of the keyword arguments that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def call(
    url: str, token: str, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
) -> httpx.Response:
    """Send a request to the control plane and return the response; `body` is a JSON value, or JSON as bytes.

    If no sandbox responds, or if the sandbox rejects the request, prints a sentence on standard error and
    exits.
    """
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
    kind = {"Content-Type": "application/json"} if isinstance(body, bytes) else {}
    with _connected(url, token) as (client, base_url):
        answer = client.request(method, f"{base_url}/__sandbox{path}", params=query, headers=kind, **sent)
    _check(answer)
    if answer.headers.get("x-sandbox-token") == "ignored":
        notify(_UNPROTECTED)
    if answer.status_code != _NO_CONTENT and not isinstance(_content(answer), dict):
        fail(_not_a_sandbox(answer))
    return answer


def events(url: str, token: str, path: str, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the parsed data of each server-sent event at a path of the control plane.

    The stream ends when the sandbox stops. If no sandbox responds, or if the sandbox rejects the request,
    prints a sentence on standard error and exits.
    """
    with (
        _connected(url, token, reads_forever=True) as (client, base_url),
        client.stream("GET", f"{base_url}/__sandbox{path}", params=query) as answer,
    ):
        if not answer.is_success:
            answer.read()
            _check(answer)
        for line in answer.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


@contextmanager
def _connected(url: str, token: str, *, reads_forever: bool = False) -> Iterator[tuple[httpx.Client, str]]:
    """Yield an HTTP client and the base URL; if a request fails, print a sentence and exit.

    If `reads_forever` is True, reading the response has no time limit, as a stream of events requires.
    """
    import httpx

    from mock_server.proxies import ProxyUnusable, network

    base_url, headers = _checked(url, token)
    timeout = httpx.Timeout(_TIMEOUT, read=None if reads_forever else _TIMEOUT)
    try:
        with httpx.Client(transport=network(base_url), timeout=timeout, headers=headers) as client:
            yield client, base_url
    except ProxyUnusable as error:
        fail(str(error), MISUSED)
    except httpx.TimeoutException:
        fail(f"The sandbox at {base_url} does not answer within {_TIMEOUT:.0f} seconds; try again.")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = unreachable.cause(error, httpx.URL(base_url).host)
        fail(
            f"No sandbox answers at {base_url} ({reason}); start one with `returns serve`, "
            "or pass its address with --url."
        )
    except UnicodeEncodeError:
        fail(_NOT_UTF_8, MISUSED)


def _check(answer: httpx.Response) -> None:
    """Exit with the sandbox's message if it refused a request."""
    if not answer.is_success:
        code = MISUSED if _names_unknown(answer) else _EXIT_CODES.get(answer.status_code, FAILED)
        fail(_refusal(answer), code)


def member(answer: httpx.Response, name: str) -> Any:
    """Return the field `name` of a response's JSON object; exit if the field is missing."""
    content = answer.json()
    if name not in content:
        fail(_not_a_sandbox(answer))
    return content[name]


def fail(sentence: str, code: int = FAILED) -> NoReturn:
    """Print a sentence on standard error, and exit with the given exit code."""
    notify(sentence)
    raise typer.Exit(code)


def _checked(url: str, token: str) -> tuple[str, dict[str, str]]:
    """Return the base URL and the headers for a request; exit if the URL or the token cannot be used."""
    try:
        bearer = unreachable.bearer_token(token)
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return unreachable.base_url(url, bearer), headers
    except unreachable.UnusableError as error:
        fail(
            f"{error} It comes from --url and --token, or RETURNS_SANDBOX_URL and RETURNS_CONTROL_TOKEN.",
            MISUSED,
        )


def _refusal(answer: httpx.Response) -> str:
    from httpx import codes

    try:
        error = answer.json()["error"]
        message = str(error["message"])
    except (ValueError, KeyError, TypeError):
        return _not_a_sandbox(answer)
    if answer.status_code == codes.UNAUTHORIZED:
        import openapi

        ignored = " ".join(ignored_secrets(os.environ, openapi.vendors()))
        advice = "Pass it with --token or RETURNS_CONTROL_TOKEN; `returns serve` printed it."
        return f"{message} {advice} {ignored}".rstrip()
    return explained(error)


def _names_unknown(answer: httpx.Response) -> bool:
    """Return True if the sandbox refused a request because a name, such as a vendor, does not exist."""
    content = _content(answer)
    error = content.get("error") if isinstance(content, dict) else None
    return isinstance(error, dict) and "unknown" in error


def _content(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _not_a_sandbox(answer: httpx.Response) -> str:
    return (
        f"The server at {answer.url.host} is not a sandbox, or a sandbox of another version: it answers with "
        f"status {answer.status_code} and unexpected content."
    )
