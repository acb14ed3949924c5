"""Which operation a path and a method mean: a dictionary for plain paths, segments for templates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mock_server.engine.parameters import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_server.engine.operation import Operation


_SLASHES = re.compile(rb"/{2,}")


class Route:
    """The operations of one path, by method."""

    __slots__ = ("allow", "operations")

    def __init__(self) -> None:
        self.operations: dict[str, Operation] = {}
        self.allow = b""

    def add(self, method: str, operation: Operation) -> None:
        """Serve `operation` for `method`, and for HEAD what is served for GET (RFC 9110, section 9.3.2).

        The server sends no body for HEAD.
        """
        self.operations[method.upper()] = operation
        if method == "get":
            self.operations.setdefault("HEAD", operation)
        self.allow = ", ".join(sorted(self.operations)).encode()


class Template:
    """A path with parameters: literal segments by position, and the positions to fill."""

    __slots__ = ("blanks", "literals", "route")

    def __init__(self, pattern: Sequence[bytes | None], route: Route) -> None:
        self.literals = [(place, part) for place, part in enumerate(pattern) if part is not None]
        self.blanks = [place for place, part in enumerate(pattern) if part is None]
        self.route = route

    def fill(self, plain: Sequence[bytes], raw: Sequence[bytes]) -> tuple[bytes, ...] | None:
        """Return the raw segments at the blanks, or None where the literals differ."""
        for place, literal in self.literals:
            if plain[place] != literal:
                return None
        return tuple([raw[place] for place in self.blanks])


class Routes:
    """The paths below one base path. A literal segment wins over a template's.

    `extra_slashes` says that doubled slashes and one at the end mean nothing.
    """

    def __init__(self, *, extra_slashes: bool = False) -> None:
        self._extra_slashes = extra_slashes
        self._first: set[bytes] = set()
        self._plain: dict[bytes, Route] = {}
        self._templates: dict[int, dict[tuple[bytes | None, ...], Template]] = {}

    def add(self, path: str, method: str, operation: Operation) -> None:
        """Add one operation; raises `ValueError` where a template fills only part of a segment."""
        pattern = tuple(_segment(part) for part in path.removeprefix("/").split("/"))
        self._first.add(pattern[0] or b"")
        if None not in pattern:
            self._plain.setdefault(path.encode(), Route()).add(method, operation)
            return
        templates = self._templates.setdefault(len(pattern), {})
        templates.setdefault(pattern, Template(pattern, Route())).route.add(method, operation)
        self._templates[len(pattern)] = dict(sorted(templates.items(), key=lambda item: _precedence(item[0])))

    def begins(self, path: bytes) -> bool:
        """Say whether a raw path begins as one of the operations' does."""
        return path.lstrip(b"/").partition(b"/")[0] in self._first

    def match(self, path: bytes) -> tuple[Route, Sequence[bytes]] | None:
        """Find the route of a raw path below the base, and the raw segments that fill its templates."""
        found = self._match(path)
        if found is None and self._extra_slashes:
            tidy = b"/" + _SLASHES.sub(b"/", path).strip(b"/")
            return None if tidy == path else self._match(tidy)
        return found

    def _match(self, path: bytes) -> tuple[Route, Sequence[bytes]] | None:
        route = self._plain.get(path)
        if route is not None:
            return route, ()
        raw = path[1:].split(b"/")
        plain = raw
        if b"%" in path:  # RFC 3986, section 6.2.2.2: an escaped letter is that letter
            plain = [_unescaped(segment) for segment in raw]
            route = self._plain.get(b"/" + b"/".join(plain)) if b"/" not in b"".join(plain) else None
            if route is not None:
                return route, ()
        if b"" in raw:
            return None
        for template in self._templates.get(len(raw), {}).values():
            filling = template.fill(plain, raw)
            if filling is not None:
                return template.route, filling
        return None


def _segment(part: str) -> bytes | None:
    if part.startswith("{") and part.endswith("}") and part.count("{") == 1:
        return None
    if "{" in part or "}" in part:
        raise ValueError(f"A path template must fill a whole segment; {part!r} does not.")
    return part.encode()


def _unescaped(segment: bytes) -> bytes:
    text = decode(segment)
    return segment if text is None else text.encode()


def _precedence(pattern: tuple[bytes | None, ...]) -> tuple[bool, ...]:
    return tuple(literal is None for literal in pattern)
