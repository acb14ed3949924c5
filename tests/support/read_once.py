"""Reads each OpenAPI document once in a process, and compiles each vendor once.

Compiling a vendor takes 70 ms, and the result is frozen, so all tests of a process share it. Reading a
document takes 40 ms; each reader gets its own copy.
"""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import orjson

import connector.definition.compiler
import openapi
from connector.definition.facts import Facts
from connector.definition.model import Integration


def install() -> None:
    """Replace the functions that read and compile; to be called before other modules import them."""
    connector.definition.compiler.integration = _compiling(connector.definition.compiler.integration)
    connector.definition.compiler.app = _compiling(connector.definition.compiler.app)
    openapi.read = _reading(openapi.read)  # type: ignore[assignment]


def _compiling(compile_: Callable[..., Integration]) -> Callable[..., Integration]:
    compiled = cache(compile_)

    @wraps(compile_)
    def once(vendor: str, facts: Facts | None = None) -> Integration:
        return compile_(vendor, facts) if facts else compiled(vendor)

    return once


def _reading(read: Callable[[str], dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
    as_json = cache(lambda name: orjson.dumps(read(name)))

    @wraps(read)
    def once(name: str) -> dict[str, Any]:
        document: dict[str, Any] = orjson.loads(as_json(name))
        return document

    return once
