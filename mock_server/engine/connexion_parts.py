"""Imports all Connexion classes that the sandbox uses, and hides the warning that this causes.

These imports take most of the start-up time, so only modules that need them import this module.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter(
        "ignore"
    )  # importing Connexion imports Starlette's test client, which is deprecated
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
