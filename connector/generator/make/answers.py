"""Builds the `valid` directive of Make requests, which rejects redirects, empty responses and HTML pages."""

from collections.abc import Mapping
from typing import Any

from connector.definition.model import Field, Integration, Operation
from connector.generator.make import iml

NO_REDIRECTS = {"followRedirects": False, "followAllRedirects": False}
"""Request settings that disable redirects.

A redirect could send the credentials to another host, or turn a write into a read.
"""
LOST = "The change may or may not have been made. Check before you run this again."
IGNORED = "It returned other records, so the record may still exist. It ignored this filter:"
NO_REDIRECT = "(statusCode < 300) || (statusCode = 304)"
"""An IML condition that is true unless the response is a redirect.

Status 304 (Not Modified) has no new address, so it is reported as an unexpected response instead.
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
    """Build the `valid` directive of a request: the condition for success, and the error message otherwise.

    Make evaluates the directive for responses with a status below 400. `places` contains the base URL, and
    the base URL's scheme and host. `holds` is an additional IML condition for success; an empty string adds
    no condition.

    `ignored` maps the label of an input to an IML condition that is true if the vendor ignored this filter.
    These conditions are checked on the first page only. If the first page contains only other records, an
    empty result would wrongly mean that the record does not exist. If `writes` is true, the error message
    warns that the change may have been made. By default, every method except GET counts as a write.
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
    """Build an IML expression for a sentence that recommends the target of a redirect.

    The recommended URL omits the query string. If the redirect leads to another host, the sentence is empty.
    """
    literal = "{{" not in origin
    start = iml.text(f"{origin}/") if literal else f"{iml.unbraced(origin)} + '/'"
    size = str(len(origin) + 1) if literal else f"length({start})"
    suggestion = f"' Use the address ' + first(split({LOCATION}, '?')) + ' instead.'"
    return f"if(substring({LOCATION}, 0, {size}) = {start}, {suggestion}, '')"


def holds_record(operation: Operation) -> str:
    """Build an IML condition that is true if a response contains a record.

    The condition tests the envelope of the record if the operation has one, otherwise a property that every
    record has. If no property is suitable, the condition tests whether the content type is JSON.
    """
    if operation.payload:
        return f"ifempty({iml.at('body', operation.payload)}, '') != ''"
    member = _required_member(operation.response)
    return f"ifempty({iml.at('body', (member,))}, '') != ''" if member else JSON


def _required_member(record: Field) -> str | None:
    """Return the key of a property that every record has; None if there is no such property.

    Numbers and booleans are not considered, because Make treats 0 and false as empty.
    """
    kinds = ("string", "text", "object", "list")
    return next((one.key for one in record.children if one.required and one.type in kinds), None)
