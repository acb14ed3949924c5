"""Credentials, taken from where the security schemes of the specification say they are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from mock_server.engine.parameters import pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Extractor = Callable[[Mapping[bytes, bytes], bytes], str | None]


def _bearer(headers: Mapping[bytes, bytes], _query: bytes) -> str | None:
    """RFC 6750, section 2.1; the word is not case-sensitive (RFC 9110, section 11.1)."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    return token.strip().decode("latin-1") or None if scheme.lower() == b"bearer" else None


def _header(name: bytes, headers: Mapping[bytes, bytes], _query: bytes) -> str | None:
    return headers.get(name, b"").decode("latin-1") or None


def _query(name: str, _headers: Mapping[bytes, bytes], query: bytes) -> str | None:
    return next((value for key, value in pairs(query) if key == name and value), None)


EXTRACTORS: dict[tuple[str, str], Callable[[Mapping[str, Any]], Extractor]] = {
    ("http", "bearer"): lambda _: _bearer,
    ("apiKey", "header"): lambda scheme: partial(_header, scheme["name"].lower().encode()),
    ("apiKey", "query"): lambda scheme: partial(_query, scheme["name"]),
}


def extractor(scheme: Mapping[str, Any]) -> Extractor:
    """Return how to read one scheme's credential; raises `ValueError` for a scheme not understood."""
    kind = (scheme["type"], str(scheme.get("scheme", scheme.get("in"))).lower())
    if kind not in EXTRACTORS:
        raise ValueError(f"The security scheme {' '.join(kind)} is not understood.")
    return EXTRACTORS[kind](scheme)


class Security:
    """The alternatives of one operation's Security Requirement Objects (OpenAPI 3.0.3)."""

    __slots__ = ("_alternatives", "challenge", "public")

    def __init__(
        self, requirements: Sequence[Mapping[str, Any]] | None, schemes: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.public = requirements is not None and not requirements
        """Whether the operation itself asks for no security at all, as one that gives tokens does."""
        self._alternatives = [
            [(name, extractor(schemes[name])) for name in requirement] for requirement in requirements or ()
        ]
        self._alternatives.sort(key=len, reverse=True)  # `{}`, which asks for nothing, comes last
        asked = {schemes[name].get("scheme", "").lower() for each in requirements or () for name in each}
        self.challenge = ((b"www-authenticate", b"Bearer"),) if "bearer" in asked else ()
        """What a 401 says about how to log in (RFC 9110, section 11.6.1)."""

    def credentials(self, headers: Mapping[bytes, bytes], query: bytes) -> dict[str, str]:
        """Return the credentials of the first alternative that is complete, by scheme; else nothing."""
        for alternative in self._alternatives:
            found = {}
            for name, extract in alternative:
                credential = extract(headers, query)
                if credential is None:
                    break
                found[name] = credential
            else:
                return found
        return {}
