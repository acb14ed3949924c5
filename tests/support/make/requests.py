"""One request as Make sends it: merged from base and module, evaluated, logged without secrets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import orjson
from support.make.expressions import UNDEFINED, as_text, is_nothing, iso, template, transform

HIDDEN = "[sanitized]"
DEFAULT_TYPES = {429: "RateLimitError"}
PATIENCE = 40_000  # milliseconds; Make's default timeout was never checked
Json = dict[str, Any]


class MakeError(Exception):
    """The error that stops a module: `type` is Make's error type, `status` the reply's, if any."""

    def __init__(self, type_: str, message: str, status: int | None = None) -> None:
        super().__init__(f"{type_}: {message}")
        self.type = type_
        self.message = message
        self.status = status


@dataclass
class Wire:
    """The transport to the vendor: `hosts` maps the vendor's base URLs to the sandbox's.

    `log` contains what Make's log would show of every request.
    """

    client: httpx.Client
    hosts: Mapping[str, str]
    log: list[Json] = field(default_factory=list)

    def send(self, request: Json, sanitize: list[str]) -> httpx.Response:
        url = request["url"]
        start = next((one for one in self.hosts if url.startswith(f"{one}/")), None)
        assert start is not None, f"The app calls {url}, which is not the vendor's."
        headers, content = dict(request["headers"]), None
        if request.get("body") is not None and request["method"] != "GET":
            content = _content(request, headers)
        try:
            response = self.client.request(
                request["method"],
                self.hosts[start] + url.removeprefix(start),
                params=request["qs"],
                headers=headers,
                content=content,
                follow_redirects=request["follow"],
                timeout=request["timeout"],
            )
        except httpx.TimeoutException as late:
            raise MakeError("ModuleTimeoutError", f"No answer within {request['timeout']} seconds.") from late
        except httpx.TransportError as cut:
            raise MakeError("ConnectionError", "The connection was closed.") from cut
        self.log.append(_logged({**request, "headers": headers}, response, sanitize))
        return response


def _content(request: Json, headers: dict[str, str]) -> bytes | None:
    body, kind = request["body"], request.get("type", "json")
    if kind == "text":
        return None if body in ("", None) else as_text(body).encode()
    if kind == "urlencoded":
        headers["content-type"] = "application/x-www-form-urlencoded"
        known = {key: as_text(value) for key, value in body.items() if not is_nothing(value)}
        return str(httpx.QueryParams(known)).encode()
    headers["content-type"] = "application/json"
    return json.dumps(body, default=iso).encode()


def _logged(request: Json, response: httpx.Response, sanitize: list[str]) -> Json:
    """Return the log entry; a reply in which nothing is hidden is logged as its text."""
    reads = any(path.startswith("response.body") for path in sanitize)
    entry: Json = {
        "request": json.loads(json.dumps(request, default=str)),
        "response": {"status": response.status_code, "body": parsed(response) if reads else response.text},
    }
    return _hidden(entry, sanitize)


def _hidden(entry: Json, paths: list[str]) -> Json:
    for path in paths:
        holder: Any = entry
        *steps, last = path.split(".")
        for step in steps:
            holder = holder.get(step) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and last in holder:
            holder[last] = HIDDEN
    return entry


def parsed(response: httpx.Response) -> Any:
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return response.text


def reply(response: httpx.Response, *, binary: bool = False) -> Json:
    """Return what expressions see of a reply: body, status, and headers in lower case."""
    return {
        "body": response.content if binary else parsed(response),
        "statusCode": response.status_code,
        "headers": dict(response.headers),
    }


def built(api: Json, base: Json, context: Mapping[str, Any], over: Json | None = None) -> Json:
    """Merge base, communication and, for a further page, `pagination`; evaluate the result."""
    page = over or {}
    url = as_text(template(str(page.get("url", api["url"])), context))
    if not url.startswith(("http://", "https://")):
        start = as_text(template(base.get("baseUrl", ""), context))
        url = f"{start}/{url}"
    said = [base, api, page]
    headers: Json = {}
    query: Json = {}
    for one in said:
        lowered = {key.lower(): value for key, value in transform(one.get("headers", {}), context).items()}
        headers |= {key: as_text(value) for key, value in lowered.items() if not is_nothing(value)}
        query |= transform(one.get("qs", {}), context)
    body = transform(page.get("body", api.get("body")), context)
    method = as_text(template(api.get("method", "GET"), context)).upper()
    follows = "followRedirects" if method == "GET" else "followAllRedirects"
    return {
        "url": _normal(url),
        "method": method,
        "follow": api.get(follows, base.get(follows, True)),
        "timeout": base.get("timeout", PATIENCE) / 1000,
        "headers": headers,
        "qs": {name: _flat(value) for name, value in query.items() if not is_nothing(value)},
        "body": None if body is UNDEFINED else body,
        "type": api.get("type", "json"),
    }


def _flat(value: Any) -> Any:
    return [as_text(one) for one in value] if isinstance(value, list) else as_text(value)


def _normal(url: str) -> str:
    """Collapse slashes and encode the part before the query, as `encodeURI` does."""
    parts = urlsplit(url)
    path = parts.path
    while "//" in path:
        path = path.replace("//", "/")
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{quote(path, safe=';,/?:@&=+$-_.!~*()#' + chr(39))}{query}"


def send_plain(api: Json, wire: Wire, context: Mapping[str, Any]) -> Json:
    """Send a connection's request, which inherits nothing; return the context with the reply."""
    response = wire.send(built(api, {}, context), api.get("log", {}).get("sanitize", []))
    here = {**context, **reply(response)}
    if response.status_code >= 400:
        raise refuse(response, api["response"].get("error"), here)
    check_valid(response, api["response"].get("valid", True), here)
    return here


def check_valid(response: httpx.Response, valid: Any, context: Mapping[str, Any]) -> None:
    """Raise the error of `response.valid` if a reply below 400 is not valid."""
    said = valid if isinstance(valid, dict) else {"condition": valid}
    if not transform(said["condition"], context):
        message = as_text(template(said.get("message", "The response is not valid."), context))
        raise MakeError(said.get("type", "RuntimeError"), message, response.status_code)


def refuse(response: httpx.Response, error: Any, context: Mapping[str, Any]) -> MakeError:
    """Map a reply of 400 and above to Make's error, by status if the app defines it."""
    status = response.status_code
    otherwise = "ConnectionError" if status >= 500 else DEFAULT_TYPES.get(status, "RuntimeError")
    said = {"message": error} if isinstance(error, str) else error or {}
    own = said.get(str(status), said)
    kind = own.get("type", otherwise if own is said else said.get("type", otherwise))
    message = own.get("message", f"{status}")
    return MakeError(as_text(template(kind, context)), as_text(template(message, context)), status)
