"""What is used of Connexion: imported here, and only by what serves (it takes most of the start-up)."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter(
        "ignore"
    )  # importing Connexion imports Starlette's test client, which is deprecated
    from connexion.exceptions import InvalidSpecification, ResolverError
    from connexion.middleware import ConnexionMiddleware, SpecMiddleware
    from connexion.middleware.exceptions import ExceptionMiddleware
    from connexion.middleware.lifespan import LifespanMiddleware
    from connexion.middleware.server_error import ServerErrorMiddleware
    from connexion.middleware.swagger_ui import SwaggerUIMiddleware
    from connexion.options import SwaggerUIOptions
    from connexion.resolver import Resolver
    from connexion.spec import Specification

__all__ = [
    "ConnexionMiddleware",
    "ExceptionMiddleware",
    "InvalidSpecification",
    "LifespanMiddleware",
    "Resolver",
    "ResolverError",
    "ServerErrorMiddleware",
    "SpecMiddleware",
    "Specification",
    "SwaggerUIMiddleware",
    "SwaggerUIOptions",
]
