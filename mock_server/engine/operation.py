"""`Operation`: an operation from an OpenAPI specification, compiled for handling requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mock_server.engine.body import Body
    from mock_server.engine.call import Call
    from mock_server.engine.parameters import Parameters
    from mock_server.engine.reply import Reply
    from mock_server.engine.responses import Responses
    from mock_server.engine.security import Security


@dataclass(frozen=True, slots=True)
class Operation:
    """A compiled operation: its handler, and the checks for its credentials, requests and responses.

    `id` is the operationId. `scope` is the scope that an API key must have, or None if none is required.
    """

    id: str
    handler: Callable[[Call], Reply | Awaitable[Reply]]
    security: Security
    scope: str | None
    parameters: Parameters
    body: Body | None
    responses: Responses
