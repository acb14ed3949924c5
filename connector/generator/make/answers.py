"""Validates replies in Make apps (`response.valid`): redirects, empty replies and HTML pages are errors."""

from collections.abc import Mapping
from typing import Any

from connector.definition.model import Field, Integration, Operation
from connector.generator.make import iml

NO_REDIRECTS = {"followRedirects": False, "followAllRedirects": False}
"""A redirect would send the login to another host, and turn a write into a read."""
LOST = "The change may or may not have been made. Check before you run this again."
IGNORED = "It returned other records, so the record may still exist. It ignored this filter:"
NO_REDIRECT = "(statusCode < 300) || (statusCode = 304)"
"""304 (Not Modified) points to no other address, so it is reported as an unexpected answer."""
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
    """Return the `valid` of a request: when a reply below status 400 is a result, and the error otherwise.

    `places` are the address before the request's path, and its scheme and host alone. `holds` is a condition
    that a result must meet. `ignored` maps the label of an input to a condition under which the vendor
    ignored this filter. It is checked on the first page only, whose rows are other records then, so "nothing
    found" would be wrong. `writes` says whether the request changes something, if its method does not.
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
    """Suggest the target of a redirect, without its query, if it is on the same host."""
    literal = "{{" not in origin
    start = iml.text(f"{origin}/") if literal else f"{iml.unbraced(origin)} + '/'"
    size = str(len(origin) + 1) if literal else f"length({start})"
    suggestion = f"' Use the address ' + first(split({LOCATION}, '?')) + ' instead.'"
    return f"if(substring({LOCATION}, 0, {size}) = {start}, {suggestion}, '')"


def holds_record(operation: Operation) -> str:
    """Return the condition that a reply holds a record: its envelope, or a property that every record has."""
    if operation.payload:
        return f"ifempty({iml.at('body', operation.payload)}, '') != ''"
    member = _required_member(operation.response)
    return f"ifempty({iml.at('body', (member,))}, '') != ''" if member else JSON


def _required_member(record: Field) -> str | None:
    """Return a property that every record has, of a type without 0 and false: Make treats both as empty."""
    kinds = ("string", "text", "object", "list")
    return next((one.key for one in record.children if one.required and one.type in kinds), None)
