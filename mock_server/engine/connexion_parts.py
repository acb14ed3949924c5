"""Imports all Connexion classes that the sandbox uses, and hides the warning that this causes.

These imports take most of the start-up time, so only modules that need them import this module.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, cast

TEST_CLIENT = "starlette.testclient"


@contextmanager
def _without_test_client() -> Iterator[None]:
    """Let Connexion import an empty module instead of Starlette's test client.

    Connexion needs Starlette's module only in `test_client`, but importing it takes a tenth of the start-up
    time, because it imports an HTTP client. After the `with` block, imports return the real module.
    """
    if TEST_CLIENT in sys.modules:
        yield
        return
    empty: Any = ModuleType(TEST_CLIENT)
    empty.TestClient = None
    sys.modules[TEST_CLIENT] = cast("ModuleType", empty)
    try:
        yield
    finally:
        del sys.modules[TEST_CLIENT]


with warnings.catch_warnings(), _without_test_client():
    warnings.simplefilter("ignore")
    from connexion.exceptions import InvalidSpecification, ResolverError
    from connexion.middleware import ConnexionMiddleware, SpecMiddleware
    from connexion.middleware.lifespan import LifespanMiddleware
    from connexion.middleware.main import API
    from connexion.middleware.server_error import ServerErrorMiddleware
    from connexion.resolver import Resolver
    from connexion.spec import OpenAPISpecification, Specification

__all__ = [
    "API",
    "ConnexionMiddleware",
    "InvalidSpecification",
    "LifespanMiddleware",
    "OpenAPISpecification",
    "Resolver",
    "ResolverError",
    "ServerErrorMiddleware",
    "SpecMiddleware",
    "Specification",
]
