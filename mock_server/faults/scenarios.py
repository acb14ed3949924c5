"""Named scenarios: lists of faults that simulate typical disruptions of an API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Scenario:
    """A list of faults for one purpose, which `description` explains.

    Each item of `faults` has the format of a request for a fault, without `vendor`.
    """

    description: str
    faults: tuple[Mapping[str, Any], ...]


SCENARIOS: Final[Mapping[str, Scenario]] = {
    "flaky": Scenario(
        "A bad day: some calls are slow, a tenth get 500, and a twentieth end with a closed connection.",
        (
            {
                "what": "latency",
                "parameters": {"milliseconds": 50, "max_milliseconds": 400},
                "when": {"share": 0.3},
            },
            {"what": "server_error", "when": {"share": 0.1}},
            {"what": "cut", "parameters": {"moment": "before_work"}, "when": {"share": 0.05}},
        ),
    ),
    "outage": Scenario(
        "The vendor is down: every call gets 503, with a Retry-After of 30 seconds.",
        ({"what": "unavailable", "parameters": {"retry_after": 30}},),
    ),
    "rate-limited": Scenario(
        "The rate limit is used up: every second call of an operation gets 429 and has to wait a second.",
        ({"what": "rate_limited", "parameters": {"retry_after": 1}, "when": {"every": 2}},),
    ),
    "eventual": Scenario(
        "Eventual consistency: new records are missing from reads for a minute of the tenant's clock.",
        ({"what": "late_record", "parameters": {"seconds": 60}},),
    ),
    "lost-answers": Scenario(
        "Every third call succeeds, but its response is lost: the connection closes before the headers.",
        ({"what": "cut", "parameters": {"moment": "before_headers"}, "when": {"every": 3}},),
    ),
    "slow": Scenario(
        "Every call takes one to three seconds.",
        ({"what": "latency", "parameters": {"milliseconds": 1_000, "max_milliseconds": 3_000}},),
    ),
    "broken-gateway": Scenario(
        "A gateway in front of the vendor responds with HTML pages, wrong content types and empty bodies.",
        (
            {"what": "bad_gateway", "when": {"every": 3}},
            {"what": "wrong_content_type", "when": {"every": 5}},
            {"what": "empty_body", "when": {"every": 7}},
        ),
    ),
    "expired-login": Scenario(
        "The login expires once: the next call gets 401, and later calls succeed.",
        ({"what": "expired_login", "when": {"next": 1}},),
    ),
    "shifting-pages": Scenario(
        "Rows move while lists are read: every second page lacks a row, every third is the previous page.",
        (
            {"what": "moved_rows", "parameters": {"direction": "lost", "rows": 1}, "when": {"every": 2}},
            {"what": "repeated_page", "when": {"every": 3}},
        ),
    ),
    "webhook-chaos": Scenario(
        "Webhooks arrive twice, late, in another order or not at all.",
        (
            {"what": "webhook_duplicate", "when": {"share": 0.3}},
            {"what": "webhook_reorder", "when": {"share": 0.3}},
            {"what": "webhook_delay", "parameters": {"seconds": 30}, "when": {"share": 0.2}},
            {"what": "webhook_drop", "when": {"share": 0.1}},
        ),
    ),
}
"""All scenarios, keyed by name; there are at most ten, so that people can remember them."""
