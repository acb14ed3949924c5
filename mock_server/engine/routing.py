"""Routes requests: finds the operation for a path and a method."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mock_server.engine.parameters import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_server.engine.operation import Operation


_SLASHES = re.compile(rb"/{2,}")


class Route:
    """The operations of one path, keyed by method."""

    __slots__ = ("allow", "operations")

    def __init__(self) -> None:
        self.operations: dict[str, Operation] = {}
        self.allow = b""

    def add(self, method: str, operation: Operation) -> None:
        """Register an operation for a method; a GET operation also serves HEAD (RFC 9110, section 9.3.2).

        The HTTP server leaves out the body of the response to HEAD.
        """
        self.operations[method.upper()] = operation
        if method == "get":
            self.operations.setdefault("HEAD", operation)
        self.allow = ", ".join(sorted(self.operations)).encode()


class Template:
    """A path with parameters, such as `/rmas/{id}`.

    `pattern` contains the segments of the path, with None in place of each parameter.
    """

    __slots__ = ("literals", "parameters", "route")

    def __init__(self, pattern: Sequence[bytes | None], route: Route) -> None:
        self.literals = [(index, part) for index, part in enumerate(pattern) if part is not None]
        self.parameters = [index for index, part in enumerate(pattern) if part is None]
        self.route = route

    def match(self, decoded: Sequence[bytes], raw: Sequence[bytes]) -> tuple[bytes, ...] | None:
        """Return the raw values of the path parameters, or None if a literal segment does not match.

        `decoded` and `raw` contain the segments of the request's path, after and before percent-decoding.
        """
        for index, literal in self.literals:
            if decoded[index] != literal:
                return None
        return tuple([raw[index] for index in self.parameters])


class Routes:
    """All paths below one base path; literal segments take precedence over parameters.

    If `extra_slashes` is True, repeated slashes and a trailing slash in a request's path are ignored.
    """

    def __init__(self, *, extra_slashes: bool = False) -> None:
        self._extra_slashes = extra_slashes
        self._first_segments: set[bytes] = set()
        self._literal_paths: dict[bytes, Route] = {}
        self._templates: dict[int, dict[tuple[bytes | None, ...], Template]] = {}

    def add(self, path: str, method: str, operation: Operation) -> None:
        """Add an operation; raise `ValueError` if a path parameter is only part of a segment."""
        pattern = tuple(_segment(part) for part in path.removeprefix("/").split("/"))
        self._first_segments.add(pattern[0] or b"")
        if None not in pattern:
            self._literal_paths.setdefault(path.encode(), Route()).add(method, operation)
            return
        templates = self._templates.setdefault(len(pattern), {})
        templates.setdefault(pattern, Template(pattern, Route())).route.add(method, operation)
        # Sorted so that, segment by segment, literals are tried before parameters.
        self._templates[len(pattern)] = dict(sorted(templates.items(), key=lambda item: _precedence(item[0])))

    def begins(self, path: bytes) -> bool:
        """Return True if the path of any operation starts with the same segment as `path`."""
        return path.lstrip(b"/").partition(b"/")[0] in self._first_segments

    def match(self, path: bytes) -> tuple[Route, Sequence[bytes]] | None:
        """Return the route and the raw path parameters for a path below the base path.

        Returns None if no route matches.
        """
        match = self._match(path)
        if match is None and self._extra_slashes:
            normalized = b"/" + _SLASHES.sub(b"/", path).strip(b"/")
            return None if normalized == path else self._match(normalized)
        return match

    def _match(self, path: bytes) -> tuple[Route, Sequence[bytes]] | None:
        route = self._literal_paths.get(path)
        if route is not None:
            return route, ()
        raw = path[1:].split(b"/")
        decoded = raw
        if b"%" in path:  # RFC 3986, section 6.2.2.2: an escaped letter equals the letter itself
            # An escaped slash stays part of its segment: the decoded path is only used if it has none.
            decoded = [_unescaped(segment) for segment in raw]
            route = (
                self._literal_paths.get(b"/" + b"/".join(decoded)) if b"/" not in b"".join(decoded) else None
            )
            if route is not None:
                return route, ()
        if b"" in raw:
            return None
        for template in self._templates.get(len(raw), {}).values():
            parameters = template.match(decoded, raw)
            if parameters is not None:
                return template.route, parameters
        return None


def _segment(part: str) -> bytes | None:
    if part.startswith("{") and part.endswith("}") and part.count("{") == 1:
        return None
    if "{" in part or "}" in part:
        raise ValueError(f"A path parameter must be a whole segment; {part!r} is not.")
    return part.encode()


def _unescaped(segment: bytes) -> bytes:
    text = decode(segment)
    return segment if text is None else text.encode()


def _precedence(pattern: tuple[bytes | None, ...]) -> tuple[bool, ...]:
    return tuple(literal is None for literal in pattern)
