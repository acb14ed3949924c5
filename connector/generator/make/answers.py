"""Builds the `valid` directive for Make requests, which rejects redirects, empty responses and HTML pages."""

from collections.abc import Mapping
from typing import Any

from connector.definition.model import Field, Integration, Operation
from connector.generator.make import iml

NO_REDIRECTS = {"followRedirects": False, "followAllRedirects": False}
"""Request settings that disable redirects.

Following a redirect could send the credentials to another host, or turn a POST request into a GET request.
"""
LOST = "The change may or may not have been made. Check before you run this again."
IGNORED = "It returned other records, so the record may still exist. It ignored this filter:"
NO_REDIRECT = "(statusCode < 300) || (statusCode = 304)"
"""An IML condition that is true unless the response is a redirect.

A response with status 304 (Not Modified) does not lead to another URL, so it is not reported as a redirect.
"""
JSON = f"contains(lower(ifempty({iml.at('headers', ('content-type',))}, '')), 'json')"
LOCATION = f"ifempty({iml.at('headers', ('location',))}, '')"


def valid(
    integration: Integration,
    request: dict[str, Any],
    places: tuple[str, str],
    *,
    holds: str = "",
    ignored: Mapping[str, str] | None = None,
    writes: bool | None = None,
) -> dict[str, str]:
    """Build the `valid` directive for a request: the condition for success, and the error message otherwise.

    Make evaluates the directive for responses with a status below 400. `places` is a pair: the base URL, and
    its scheme and host. `holds` is an additional IML condition for success, or an empty string.

    `ignored` maps the labels of inputs to IML conditions. Each condition is true if the vendor ignored the
    input's filter and returned other records. In that case, the request fails, because an empty result would
    wrongly suggest that the record does not exist. The conditions are checked on the first page only.

    If `writes` is true, the error message warns that the change may have been made. If `writes` is None, it
    counts as true for every method except GET.
    """
    host, origin = places
    title, method = integration.vendor.title, request["method"]
    changes = method != "GET" if writes is None else writes
    address = request["url"] if request["url"].startswith(host) else host + request["url"]
    redirect = iml.text("The answer is a redirect. Redirects are not followed, to protect your login.")
    other = iml.text("The answer is empty or has an unexpected form.")
    not_ignored = [f"(pagination.page > 1) || !({condition})" for condition in (ignored or {}).values()]
    if ignored:
        other = f"if({holds}, {_ignored(ignored)}, {other})"
    return {
        "condition": iml.braced(iml.both("statusCode < 300", holds, *not_ignored)),
        "message": f"[{{{{statusCode}}}}] {title} returned no result for {method} {address}. "
        + iml.braced(f"if({NO_REDIRECT}, {other}, {redirect} + {_better_address(origin)})")
        + (f" {LOST}" if changes else ""),
        "type": "RuntimeError",
    }


def _ignored(filters: Mapping[str, str]) -> str:
    named = " + ".join(f"if({one}, {iml.text(f' {label}.')}, '')" for label, one in filters.items())
    return f"{iml.text(IGNORED)} + {named}"


def _better_address(origin: str) -> str:
    """Build an IML expression for a sentence that suggests using the target URL of a redirect.

    The URL is suggested without its query string. If it does not begin with `origin`, the expression returns
    an empty string.
    """
    literal = "{{" not in origin
    start = iml.text(f"{origin}/") if literal else f"{iml.unbraced(origin)} + '/'"
    size = str(len(origin) + 1) if literal else f"length({start})"
    suggestion = f"' Use the address ' + first(split({LOCATION}, '?')) + ' instead.'"
    return f"if(substring({LOCATION}, 0, {size}) = {start}, {suggestion}, '')"


def holds_record(operation: Operation) -> str:
    """Build an IML condition that is true if the response body contains a record.

    If the record is nested in the body, at `Operation.payload`, the condition checks that there is a value at
    this path. Otherwise, the condition checks that a required property of the record is not empty. If there
    is no suitable property, the condition checks that the content type is JSON.
    """
    if operation.payload:
        return f"ifempty({iml.at('body', operation.payload)}, '') != ''"
    member = _required_member(operation.response)
    return f"ifempty({iml.at('body', (member,))}, '') != ''" if member else JSON


def _required_member(record: Field) -> str | None:
    """Return the key of a required property whose presence shows that a response contains a record.

    Numbers and booleans are not suitable, because Make treats 0 and false as empty. The result is None if no
    property is suitable.
    """
    kinds = ("string", "text", "object", "list")
    return next((one.key for one in record.children if one.required and one.type in kinds), None)
