"""Imports all Connexion classes that the sandbox uses, and hides the warning that this causes.

These imports take most of the start-up time, so only modules that need them import this module.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, cast

UNUSED = {"starlette.testclient": "TestClient", "requests": "get"}
"""Modules that Connexion imports for functions that the sandbox does not use, and what it takes from them.

Connexion needs the test client in `test_client`, and `requests` to read a specification from a URL. Importing
both takes a fifth of the time that the import of Connexion takes, and 9 MiB of memory.
"""


@contextmanager
def _without_unused_modules() -> Iterator[None]:
    """Let Connexion import empty modules instead of those in `UNUSED`.

    After the `with` block, imports return the real modules.
    """
    replaced = [name for name in UNUSED if name not in sys.modules]
    for name in replaced:
        empty: Any = ModuleType(name)
        setattr(empty, UNUSED[name], None)
        sys.modules[name] = cast("ModuleType", empty)
    try:
        yield
    finally:
        for name in replaced:
            del sys.modules[name]


with warnings.catch_warnings(), _without_unused_modules():
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
