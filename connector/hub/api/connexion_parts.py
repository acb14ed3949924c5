"""Imports the classes of Connexion that the hub uses, and hides the warnings that these imports cause."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.simplefilter("ignore", UserWarning)
    from connexion import AsyncApp
    from connexion.exceptions import BadRequestProblem, Forbidden, ProblemException
    from connexion.lifecycle import ConnexionRequest, ConnexionResponse
    from connexion.options import SwaggerUIOptions
    from connexion.resolver import Resolver
    from connexion.validators import JSONRequestBodyValidator, ParameterValidator

NO_SWAGGER_UI = SwaggerUIOptions(swagger_ui=False)
"""The hub serves no Swagger UI; without this option, Connexion prints advice to install it."""

__all__ = [
    "NO_SWAGGER_UI",
    "AsyncApp",
    "BadRequestProblem",
    "ConnexionRequest",
    "ConnexionResponse",
    "Forbidden",
    "JSONRequestBodyValidator",
    "ParameterValidator",
    "ProblemException",
    "Resolver",
]
