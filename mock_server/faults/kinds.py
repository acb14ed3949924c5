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
    **_whole("The wait that Retry-After states, in seconds; if missing, the header is not sent.", 0, _DAY),
    "example": 30,
}
_FORMAT = {
    "type": "string",
    "description": "The format of Retry-After: seconds, an HTTP date, or milliseconds.",
    "enum": ["seconds", "date", "milliseconds"],
    "default": "seconds",
}
_RETRY: Final = {"retry_after": _RETRY_AFTER, "format": _FORMAT}
_AFTER_COMMIT: Final = {
    "after_commit": {
        "type": "boolean",
        "description": "Whether the operation is performed before this response is sent instead of its own.",
        "default": False,
    }
}

KINDS: Final[Mapping[str, Kind]] = {
    "latency": Kind(
        "Delays the request in real time. Can be combined with other faults.",
        parameters={
            "milliseconds": _whole("The delay.", 0, 60_000, 1_000),
            "max_milliseconds": {
                **_whole("The maximum of a random delay, whose minimum is `milliseconds`.", 0, 60_000),
                "example": 2_000,
            },
        },
    ),
    "rate_limited": Kind("Responds with 429 in the vendor's error format.", parameters=_RETRY),
    "server_error": Kind("Responds with 500 in the vendor's error format.", parameters=_AFTER_COMMIT),
    "bad_gateway": Kind(
        "Responds with 502 and an HTML page, like a gateway in front of the vendor.", parameters=_AFTER_COMMIT
    ),
    "unavailable": Kind(
        "Responds with 503 in the vendor's error format.", parameters={**_RETRY, **_AFTER_COMMIT}
    ),
    "redirect": Kind(
        "Responds with a redirect that has no body.",
        parameters={
            "status": {
                "type": "integer",
                "description": "The status of the response.",
                "enum": [301, 302, 303, 307, 308],
                "default": 307,
            },
            "location": {
                "type": "string",
                "description": "The value of the Location header: a URL, or a path on the sandbox.",
                "pattern": r"^(https?:/)?/[!-~]*$",
                "maxLength": 1_000,
                "default": "https://new.example.com/",
            },
            **_AFTER_COMMIT,
        },
    ),
    "timeout": Kind(
        "Sends no response; the connection stays open until the client closes it or `seconds` have passed.",
        parameters={
            "seconds": _whole("Real seconds after which the connection is closed.", 1, 600, 60),
            "after_commit": {
                "type": "boolean",
                "description": "Whether the operation is performed.",
                "default": False,
            },
        },
    ),
    "cut": Kind(
        "Closes the connection.",
        parameters={
            "moment": {
                "type": "string",
                "description": "When to close it: before the operation is performed; or afterwards, before "
                "the headers are sent, after the headers, or after half of the body.",
                "enum": ["before_work", "before_headers", "after_headers", "mid_body"],
                "default": "before_work",
            }
        },
    ),
    "truncated_json": Kind(
        "Performs the operation, and sends the first half of its body as if it were complete."
    ),
    "wrong_content_type": Kind(
        "Performs the operation, and sends its body with another Content-Type.",
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
    "empty_body": Kind("Performs the operation, and sends its status with an empty body."),
    "slow_body": Kind(
        "Performs the operation, and sends its body slowly.",
        parameters={"bytes_per_second": _whole("The speed of the body.", 1, 10_000_000, 200)},
    ),
    "expired_login": Kind("Rejects the credentials with 401 in the vendor's error format."),
    "late_record": Kind(
        "Hides records that were created in the last `seconds`, both in lists and in reads by ID.",
        "reads",
        {"seconds": _whole("How long a new record is hidden, on the tenant's clock.", 1, 30 * _DAY, 60)},
    ),
    "moved_rows": Kind(
        "Shifts a list's rows between pages while it is read, as if an earlier row were added or deleted.",
        "reads",
        {
            "direction": {
                "type": "string",
                "description": "`lost`: rows move to the previous page and are missed; `repeated`: rows of "
                "the previous page appear again.",
                "enum": ["lost", "repeated"],
                "default": "lost",
            },
            "rows": _whole("The number of rows that move.", 1, 1_000, 1),
        },
    ),
    "repeated_page": Kind(
        "Sends a page of a list again instead of the next page.",
        "reads",
    ),
    "webhook_drop": Kind("Does not send a webhook, and records it as delivered.", "webhooks"),
    "webhook_duplicate": Kind(
        "Sends a webhook several times.",
        "webhooks",
        {"copies": _whole("The number of times that it is sent in total.", 2, 10, 2)},
    ),
    "webhook_delay": Kind(
        "Sends a webhook later.",
        "webhooks",
        {"seconds": _whole("The delay on the tenant's clock.", 1, 30 * _DAY, 60)},
    ),
    "webhook_reorder": Kind(
        "Sends a webhook after the next one to the same receiver, but at the latest after `seconds`.",
        "webhooks",
        {"seconds": _whole("The maximum delay on the tenant's clock.", 1, 30 * _DAY, 60)},
    ),
    "webhook_wrong_signature": Kind("Sends a webhook with a signature that does not match.", "webhooks"),
    "webhook_old_timestamp": Kind(
        "Sends a webhook as if it had been signed long ago.",
        "webhooks",
        {"seconds": _whole("The age of the signature.", 1, 365 * _DAY, 3_600)},
    ),
}
"""The kinds of faults, keyed by name."""

WEBHOOK: Final = "webhook"
"""The value of `operation` in faults that affect webhooks."""
ANY: Final = "*"
"""The value of `vendor` or `operation` that matches all vendors or all operations."""
