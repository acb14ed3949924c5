"""Rate limit headers say what the catalog's plan and a count of the requests say."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import schemathesis
from contract.sandbox.checks.exchange import Exchange, exchange
from schemathesis import Case, CheckContext, Response

import openapi
from connector.definition.compiler import integration
from connector.definition.model import Limits, Plan
from mock_server.clock import SECOND

_ALWAYS = {"content-type", "content-length", "date", "vary", "allow", "www-authenticate"}
"""Headers of HTTP, which an API need not document."""


@schemathesis.check
def rate_headers_are_true(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Limit, remaining requests and reset are those of the plan; nothing undocumented is sent."""
    found = exchange(case, response)
    if found is None or found.document.name == openapi.CONTROL_PLANE:
        return
    sent = {name: values[0] for name, values in response.headers.items()}
    undocumented = set(sent) - _ALWAYS - set(_documented(found))
    assert not undocumented, f"These headers are not documented: {sorted(undocumented)}."
    if found.operation is None or found.operation.is_public or response.status_code == 401:
        return
    limits = _limits(found.served.vendor)
    if limits.limit_header is None:
        for headers in limits.headers:
            window = next(one for one in limits.plans[0].windows if one.seconds == headers.seconds)
            left = window.requests - found.seen.counted[window.seconds]
            shown = sent.get(headers.limit), sent.get(headers.remaining)
            assert shown == (str(window.requests), str(left)), f"The headers show {shown}, {left} are left."
        return
    _check_tightest(found, sent, limits.plans[0], (limits.limit_header, limits.remaining_header or "",
                                                   limits.reset_header or ""))  # fmt: skip


@cache
def _limits(vendor: str) -> Limits:
    return integration(vendor).limits


def _check_tightest(found: Exchange, sent: dict[str, str], plan: Plan, names: tuple[str, str, str]) -> None:
    second = found.seen.at // SECOND
    tightest = min(plan.windows, key=lambda one: one.requests - found.seen.counted[one.seconds])
    end = (second // tightest.seconds + 1) * tightest.seconds
    left = tightest.requests - found.seen.counted[tightest.seconds]
    expected = str(tightest.requests), str(left), str(end)
    shown = tuple(sent.get(name) for name in names)
    assert shown == expected, f"The headers show {shown}, not {expected}."


def _documented(found: Exchange) -> Iterator[str]:
    """Yield the headers that any response of the API documents; errors share those of their operation."""
    for operation in found.document.operations.values():
        for response in operation.responses.values():
            yield from (name.lower() for name in response.get("headers", {}))
