"""`Call`: the validated request that a handler receives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_server.access.grants import Grant


@dataclass(slots=True)
class Call:
    """A request that has passed authentication, rate limits and validation.

    `grant` is None if the operation needs no API key or token. `path` and `query` contain the converted
    parameter values, keyed by the names in the specification. A query parameter that was not sent has its
    default value, or is absent if it has no default. `headers` contains the request headers, keyed by
    lower-case name. `body` is the parsed JSON, or None. `base_url` is the scheme, host and port that clients
    use.
    """

    operation_id: str
    grant: Grant | None
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: Any
    base_url: str
