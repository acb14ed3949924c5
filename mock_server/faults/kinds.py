"""The kinds of faults, with a description and the JSON Schema of their parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Target = Literal["requests", "reads", "webhooks"]
"""What a fault affects: all requests to a vendor's API, only GET requests, or webhooks."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault; `parameters` maps the name of each parameter to its JSON Schema (draft 4)."""

    description: str
    target: Target = "requests"
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of a fault's `parameters`, a JSON object whose properties are all optional."""
        properties = {name: dict(schema) for name, schema in self.parameters.items()}
        return {"type": "object", "additionalProperties": False, "properties": properties}

    def complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the given parameters, with default values for missing ones."""
        defaults = {
            name: schema["default"] for name, schema in self.parameters.items() if "default" in schema
        }
        return {**defaults, **given}


def _whole(description: str, low: int, high: int, default: int | None = None) -> dict[str, Any]:
    schema = {"type": "integer", "description": description, "minimum": low, "maximum": high}
    return schema if default is None else {**schema, "default": default}


_DAY = 86_400
_RETRY_AFTER = {
    **_whole("Seconds for the header Retry-After; without it, the header is not sent.", 0, _DAY),
    "example": 30,
}
_FORMAT = {
    "type": "string",
    "description": "How Retry-After is written: in seconds, as an HTTP date, or in milliseconds.",
    "enum": ["seconds", "date", "milliseconds"],
    "default": "seconds",
}
_RETRY: Final = {"retry_after": _RETRY_AFTER, "format": _FORMAT}
_AFTER_COMMIT: Final = {
    "after_commit": {
        "type": "boolean",
        "description": "Whether the operation is done before this answer replaces its own.",
        "default": False,
    }
}

KINDS: Final[Mapping[str, Kind]] = {
    "latency": Kind(
        "Waits before the request is handled, in real time. Combines with the other faults.",
        parameters={
            "milliseconds": _whole("How long to wait.", 0, 60_000, 1_000),
            "max_milliseconds": {
                **_whole("Draws the wait from `milliseconds` to this number.", 0, 60_000),
                "example": 2_000,
            },
        },
    ),
    "rate_limited": Kind("Answers 429 in the vendor's error format.", parameters=_RETRY),
    "server_error": Kind("Answers 500 in the vendor's error format.", parameters=_AFTER_COMMIT),
    "bad_gateway": Kind(
        "Answers 502 with a page of HTML, as a gateway in front of the vendor does.", parameters=_AFTER_COMMIT
    ),
    "unavailable": Kind("Answers 503 in the vendor's error format.", parameters={**_RETRY, **_AFTER_COMMIT}),
    "redirect": Kind(
        "Answers with a redirect and without a body.",
        parameters={
            "status": {
                "type": "integer",
                "description": "The status of the answer.",
                "enum": [301, 302, 303, 307, 308],
                "default": 307,
            },
            "location": {
                "type": "string",
                "description": "The value of the header Location: an address, or a path of the sandbox.",
                "pattern": r"^(https?:/)?/[!-~]*$",
                "maxLength": 1_000,
                "default": "https://new.example.com/",
            },
            **_AFTER_COMMIT,
        },
    ),
    "timeout": Kind(
        "Never answers; the connection is closed when the client leaves, or after a number of seconds.",
        parameters={
            "seconds": _whole("Real seconds after which the connection is closed.", 1, 600, 60),
            "after_commit": {
                "type": "boolean",
                "description": "Whether the operation is done before the silence.",
                "default": False,
            },
        },
    ),
    "cut": Kind(
        "Closes the connection.",
        parameters={
            "moment": {
                "type": "string",
                "description": "When: before the operation is done; or after it, and before the headers, "
                "after the headers, or after half of the body.",
                "enum": ["before_work", "before_headers", "after_headers", "mid_body"],
                "default": "before_work",
            }
        },
    ),
    "truncated_json": Kind("Does the operation, and sends the first half of its body as a whole response."),
    "wrong_content_type": Kind(
        "Does the operation, and sends its body with another Content-Type.",
        parameters={
            "content_type": {
                "type": "string",
                "description": "The Content-Type to send.",
                "pattern": r"^[\w.+-]+/[\w.+-]+(; ?[\w.-]+=[\w.-]+)*$",
                "maxLength": 100,
                "default": "text/html; charset=utf-8",
            }
        },
    ),
    "empty_body": Kind("Does the operation, and sends its status with an empty body."),
    "slow_body": Kind(
        "Does the operation, and sends its body slowly.",
        parameters={"bytes_per_second": _whole("How fast the body is sent.", 1, 10_000_000, 200)},
    ),
    "expired_login": Kind("Refuses the credentials with the vendor's 401."),
    "late_record": Kind(
        "Leaves out records that were created in the last seconds, from lists and from reads by ID.",
        "reads",
        {"seconds": _whole("How long a record is missing, on the tenant's clock.", 1, 30 * _DAY, 60)},
    ),
    "moved_rows": Kind(
        "Moves the rows of a list while it is read page by page, as if an earlier row appeared or left.",
        "reads",
        {
            "direction": {
                "type": "string",
                "description": "`lost`: rows move to the page before and are not seen; `repeated`: rows of "
                "the page before are seen again.",
                "enum": ["lost", "repeated"],
                "default": "lost",
            },
            "rows": _whole("How many rows move.", 1, 1_000, 1),
        },
    ),
    "repeated_page": Kind(
        "Sends a page of a list again in place of the next one.",
        "reads",
    ),
    "webhook_drop": Kind("Does not send a webhook, and records it as delivered.", "webhooks"),
    "webhook_duplicate": Kind(
        "Sends a webhook several times.",
        "webhooks",
        {"copies": _whole("How many times it is sent in all.", 2, 10, 2)},
    ),
    "webhook_delay": Kind(
        "Sends a webhook later.",
        "webhooks",
        {"seconds": _whole("How much later, on the tenant's clock.", 1, 30 * _DAY, 60)},
    ),
    "webhook_reorder": Kind(
        "Sends a webhook after the next one to the same receiver, or after a number of seconds.",
        "webhooks",
        {"seconds": _whole("The longest wait, on the tenant's clock.", 1, 30 * _DAY, 60)},
    ),
    "webhook_wrong_signature": Kind("Sends a webhook with a signature that does not match.", "webhooks"),
    "webhook_old_timestamp": Kind(
        "Sends a webhook as if it were signed long ago.",
        "webhooks",
        {"seconds": _whole("How long ago.", 1, 365 * _DAY, 3_600)},
    ),
}
"""The kinds of faults, keyed by name."""

WEBHOOK: Final = "webhook"
"""The value of `operation` in faults that affect webhooks."""
ANY: Final = "*"
"""The value of `vendor` or `operation` that matches all vendors or all operations."""
