"""Compiles an OpenAPI document into routes and operations at start-up.

The parts that handle requests (credential extractors, parameter converters, schema validators) are built here
once per operation, so that no request needs to read the document.
"""

from __future__ import annotations

from typing import Any

from mock_server.engine.body import Body
from mock_server.engine.connexion_parts import Resolver, ResolverError, Specification
from mock_server.engine.operation import Operation
from mock_server.engine.parameters import Parameters
from mock_server.engine.responses import Responses
from mock_server.engine.routing import Routes
from mock_server.engine.schema import Schemas
from mock_server.engine.security import Security
from mock_server.engine.valid_specification import ValidSpecification

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class BrokenSpecification(Exception):  # noqa: N818 - an adjective and a noun read better than another Error
    """Raised if an OpenAPI document cannot be served; the message names the operation and the reason."""


class Compiler:
    """Builds the routes for one OpenAPI document; `max_body` is the size limit of request bodies in bytes.

    The validators in `schemas` are compiled at their first use if the document is known to be valid, and
    otherwise at once.
    """

    def __init__(self, specification: Specification, resolver: Resolver, *, max_body: int) -> None:
        self._specification = specification
        self._resolver = resolver
        self._max_body = max_body
        self._document: dict[str, Any] = specification.raw
        self.schemas = Schemas(self._document, lazy=isinstance(specification, ValidSpecification))

    def routes(self) -> Routes:
        """Build the routes for all operations; raise `BrokenSpecification` if any cannot be served."""
        routes = Routes(extra_slashes=self._document.get("x-extra-slashes") == "ignored")
        for path, item in self._document["paths"].items():
            for method in _METHODS:
                if method not in item:
                    continue
                try:
                    routes.add(path, method, self._operation(path, method))
                except ResolverError as error:
                    raise BrokenSpecification(
                        f"{_label(item, path, method)} has no handler: {error}."
                    ) from error
                except (ValueError, KeyError) as error:
                    raise BrokenSpecification(
                        f"{_label(item, path, method)} cannot be served: {error}"
                    ) from error
        return routes

    def _operation(self, path: str, method: str) -> Operation:
        item = self._document["paths"][path]
        raw = item[method]
        schemes = self._document.get("components", {}).get("securitySchemes", {})
        resolved = self._specification.operation_cls.from_spec(
            self._specification, path=path, method=method, resolver=self._resolver
        )
        body = self.schemas.resolve(raw["requestBody"]) if "requestBody" in raw else None
        return Operation(
            id=resolved.operation_id,
            handler=resolved.function,
            security=Security(raw.get("security", self._document.get("security")), schemes),
            scope=raw.get("x-required-scope"),
            parameters=Parameters(
                [*raw.get("parameters", []), *item.get("parameters", [])], path, self.schemas
            ),
            body=Body(body, self.schemas, self._max_body) if body else None,
            responses=Responses(raw["responses"], self.schemas),
        )


def _label(item: dict[str, Any], path: str, method: str) -> str:
    return f"The operation {item[method].get('operationId', '?')} ({method.upper()} {path})"
