"""One validated request, as a handler sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_server.access.grants import Grant


@dataclass(slots=True)
class Call:
    """A request that passed admission, scope, parameters and body.

    `path` and `query` hold coerced values under the names of the spec; absent optional parameters
    are missing, defaults are filled in. `headers` are lower-cased. `base_url` is scheme, host and
    port as the client sees them.
    """

    operation_id: str
    grant: Grant | None
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: Any
    base_url: str
