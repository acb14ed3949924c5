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

    `path` and `query` map the specification's parameter names to converted values. Defaults are filled in;
    other optional parameters that were not sent are absent. `headers` has lower-case names. `body` is the
    parsed JSON, or None. `base_url` is the scheme, host and port that clients use.
    """

    operation_id: str
    grant: Grant | None
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: Any
    base_url: str
