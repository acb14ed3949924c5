"""What counts as an answer: no redirect, no empty reply, no page of HTML. Each request says so by itself."""

from collections.abc import Mapping
from typing import Any

from connector.definition.model import Field, Integration, Operation
from connector.generator.make import iml

NO_REDIRECTS = {"followRedirects": False, "followAllRedirects": False}
"""A redirect would take the login along to any host, and make a read of a write."""
LOST = "A change may or may not have been made: look before you run this again."
IGNORED = (
    "It answered with other records than were asked for; whether there is such a record is not known. "
    "It ignored this filter:"
)
NO_REDIRECT = "(statusCode < 300) || (statusCode = 304)"
"""A 304 says that what the caller has is still good; no app has anything."""
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
    """Say when a reply of less than 400 is a result; any other stops the run with a sentence.

    `places` are what stands before the request's path, and its scheme and host alone. `holds` is a condition
    that a result meets besides. `ignored` are conditions under which the vendor ignored a filter, by the
    label of the input: the rows of a first page are others then, and "nothing found" would not be true.
    `writes` is for a request whose method does not tell whether it changes anything.
    """
    host, origin = places
    title, method = integration.vendor.title, request["method"]
    changes = method != "GET" if writes is None else writes
    address = request["url"] if request["url"].startswith(host) else host + request["url"]
    redirect = iml.text(
        "This is a redirect to another address, and none is followed: the login would go along."
    )
    other = iml.text("The answer is empty, or of another form than expected.")
    strange = [f"(pagination.page > 1) || !({one})" for one in (ignored or {}).values()]
    if ignored:
        other = f"if({holds}, {_ignored(ignored)}, {other})"
    return {
        "condition": iml.braced(iml.both("statusCode < 300", holds, *strange)),
        "message": f"[{{{{statusCode}}}}] {title} gave no result to {method} {address}. "
        + iml.braced(f"if({NO_REDIRECT}, {other}, {redirect} + {_better(origin)})")
        + (f" {LOST}" if changes else ""),
        "type": "RuntimeError",
    }


def _ignored(filters: Mapping[str, str]) -> str:
    named = " + ".join(f"if({one}, {iml.text(f' {label}.')}, '')" for label, one in filters.items())
    return f"{iml.text(IGNORED)} + {named}"


def _better(origin: str) -> str:
    """Name the target of a redirect where it is on the host that was asked, without its query."""
    literal = "{{" not in origin
    start = iml.text(f"{origin}/") if literal else f"{iml.unbraced(origin)} + '/'"
    size = str(len(origin) + 1) if literal else f"length({start})"
    named = f"' The address to use is ' + first(split({LOCATION}, '?')) + '.'"
    return f"if(substring({LOCATION}, 0, {size}) = {start}, {named}, '')"


def holds_record(operation: Operation) -> str:
    """Say that a reply holds its record: what the envelope carries, or a member that the record must have."""
    if operation.payload:
        return f"ifempty({iml.at('body', operation.payload)}, '') != ''"
    member = _needed(operation.response)
    return f"ifempty({iml.at('body', (member,))}, '') != ''" if member else JSON


def _needed(record: Field) -> str | None:
    """Name a member that every such record has, and that cannot be 0 or false."""
    kinds = ("string", "text", "object", "list")
    return next((one.key for one in record.children if one.required and one.type in kinds), None)
