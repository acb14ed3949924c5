"""Asking the control plane: options that the commands share, and a refusal as one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NoReturn
from urllib.parse import quote

import typer

from mock_server.cli import unreachable
from mock_server.cli.output import Format, tell

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

DEFAULT_URL = "http://127.0.0.1:4010"
FAILED, MISUSED = 1, 2
_EXIT_CODES = {400: 5, 401: 3, 403: 3, 404: 4, 409: 5, 429: 6}
"""By HTTP status, as `returns --help` lists them."""
_SECONDS = 30.0
_NO_TEXT = "An argument holds bytes that are not text in UTF-8."

Url = Annotated[str, typer.Option("--url", envvar="RETURNS_SANDBOX_URL", help="Where the sandbox is.")]
Token = Annotated[
    str, typer.Option("--token", envvar="RETURNS_CONTROL_TOKEN", help="Its control token, if it has one.")
]
Tenant = Annotated[str, typer.Option("--tenant", help="Whose.")]
As = Annotated[Format, typer.Option("--format", help="For people or for programs.")]


def segment(name: str) -> str:
    """Write a name as one segment of a path."""
    try:
        return quote(name, safe="")
    except UnicodeEncodeError:
        stop(_NO_TEXT, MISUSED)


def of_tenant(name: str, *names: str) -> str:
    """Write the path of a tenant, or of what it has."""
    return "/".join(["/tenants", *map(segment, (name, *names))])


def given(**values: Any) -> dict[str, Any]:
    """Keep what was given."""
    return {name: value for name, value in values.items() if value is not None}


def ask(
    url: str, token: str, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
) -> httpx.Response:
    """Ask the control plane; a refusal or silence ends the program with one sentence."""
    import httpx

    from mock_server.proxies import ProxyUnusable, network

    place, headers = _checked(url, token)
    try:
        with httpx.Client(transport=network(place), timeout=_SECONDS, headers=headers) as client:
            answer = client.request(method, f"{place}/__sandbox{path}", json=body, params=query)
    except ProxyUnusable as problem:
        stop(str(problem), MISUSED)
    except httpx.TimeoutException:
        stop(f"The sandbox at {place} does not answer within {_SECONDS:.0f} seconds; try again.")
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        why = unreachable.cause(problem, httpx.URL(place).host)
        stop(f"No sandbox answers at {place} ({why}); start one with `returns serve`, or name it with --url.")
    except UnicodeEncodeError:
        stop(_NO_TEXT, MISUSED)
    if not answer.is_success:
        stop(_reason(answer), _EXIT_CODES.get(answer.status_code, FAILED))
    if answer.status_code != httpx.codes.NO_CONTENT and not isinstance(_content(answer), dict):
        stop(_no_sandbox(answer))
    return answer


def member(answer: httpx.Response, name: str) -> Any:
    """Return a member of an answer; without it, something else answers, and the program ends."""
    content = answer.json()
    if name not in content:
        stop(_no_sandbox(answer))
    return content[name]


def stop(sentence: str, code: int = FAILED) -> NoReturn:
    """End the program with a sentence on standard error."""
    tell(sentence)
    raise typer.Exit(code)


def _checked(url: str, token: str) -> tuple[str, dict[str, str]]:
    """Return the address and the headers to ask with; what cannot be used ends the program."""
    try:
        bearer = unreachable.bearer(token)
        return unreachable.place(url, bearer), {"Authorization": f"Bearer {bearer}"} if bearer else {}
    except unreachable.Unusable as problem:
        stop(
            f"{problem} It comes from --url and --token, or RETURNS_SANDBOX_URL and RETURNS_CONTROL_TOKEN.",
            MISUSED,
        )


def _reason(answer: httpx.Response) -> str:
    from httpx import codes

    try:
        problem = answer.json()["error"]
        message = str(problem["message"])
    except (ValueError, KeyError, TypeError):
        return _no_sandbox(answer)
    if answer.status_code == codes.UNAUTHORIZED:
        return f"{message} Give it with --token or RETURNS_CONTROL_TOKEN; `returns serve` printed it."
    return message


def _content(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _no_sandbox(answer: httpx.Response) -> str:
    return (
        f"What answers at {answer.url.host} is no sandbox, or one of another version: it says "
        f"{answer.status_code}, and its answer is not what was asked for."
    )
