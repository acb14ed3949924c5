"""Extracts credentials from requests according to the specification's security schemes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from mock_server.engine.parameters import pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Extractor = Callable[[Mapping[bytes, bytes], bytes], str | None]


def _bearer(headers: Mapping[bytes, bytes], _query: bytes) -> str | None:
    """Extract a bearer token (RFC 6750, section 2.1).

    The scheme name `Bearer` is case-insensitive (RFC 9110, section 11.1).
    """
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
    """Build a function that extracts a scheme's credential; raise `ValueError` for an unsupported scheme."""
    kind = (scheme["type"], str(scheme.get("scheme", scheme.get("in"))).lower())
    if kind not in EXTRACTORS:
        raise ValueError(f"The security scheme {' '.join(kind)} is not supported.")
    return EXTRACTORS[kind](scheme)


class Security:
    """The alternative sets of credentials that an operation accepts.

    They are defined by the operation's Security Requirement Objects (OpenAPI 3.0.3).
    """

    __slots__ = ("_alternatives", "challenge", "public")

    def __init__(
        self, requirements: Sequence[Mapping[str, Any]] | None, schemes: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.public = requirements is not None and not requirements
        """True if the operation needs no credentials (`security: []`), for example to issue tokens."""
        self._alternatives = [
            [(name, extractor(schemes[name])) for name in requirement] for requirement in requirements or ()
        ]
        self._alternatives.sort(key=len, reverse=True)  # `{}` (no credentials) comes last
        used = {schemes[name].get("scheme", "").lower() for each in requirements or () for name in each}
        self.challenge = ((b"www-authenticate", b"Bearer"),) if "bearer" in used else ()
        """The WWW-Authenticate header for a 401 response (RFC 9110, section 11.6.1)."""

    def credentials(self, headers: Mapping[bytes, bytes], query: bytes) -> dict[str, str]:
        """Extract the credentials for an operation, keyed by the name of the security scheme.

        Returns the first alternative for which the client sent all credentials, or an empty mapping if there
        is no such alternative.
        """
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
