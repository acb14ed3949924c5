"""Compresses response bodies with gzip for clients that accept it (RFC 9110, section 12.5.3).

Most HTTP libraries and all browsers accept gzip by default. Level 1 shrinks a list of 25 returns (12 KB) to a
quarter of its size in 25 µs; level 6 takes 46 µs, and the result is only a tenth smaller. A body that is
smaller than `MIN_SIZE` fits into one Ethernet packet, so compressing it would save nothing.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Headers = Iterable[tuple[bytes, bytes]]

MIN_SIZE: Final = 1_400
"""Bodies with fewer bytes than this are not compressed."""
LEVEL: Final = 1
VARY: Final = (b"vary", b"accept-encoding")
"""The `Vary` header of every compressible response, so that caches store both forms separately."""
ENCODED: Final = (b"content-encoding", b"gzip")
_GZIP: Final = 16 + zlib.MAX_WBITS
_NAMES: Final = (b"gzip", b"x-gzip")


def accepts_gzip(headers: Headers) -> bool:
    """Return True if a request's headers accept gzip and do not prefer an uncompressed response."""
    wanted = b",".join(value for name, value in headers if name == b"accept-encoding").lower()
    if b"q" not in wanted:  # no weights, as httpx and all browsers send it
        return b"gzip" in wanted or b"*" in wanted
    weights = dict(_weights(wanted))
    weight = max((weights[name] for name in _NAMES if name in weights), default=weights.get(b"*", 0.0))
    return weight > 0 and weight >= weights.get(b"identity", 0.0)


def compress(body: bytes) -> bytes:
    """Return a body in gzip format; equal bodies always result in equal bytes."""
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
    return compressor.compress(body) + compressor.flush()


def _weights(wanted: bytes) -> Iterable[tuple[bytes, float]]:
    """Yield each coding of an Accept-Encoding header with its weight; an invalid weight counts as 0.0."""
    for part in wanted.split(b","):
        coding, *parameters = (piece.strip() for piece in part.split(b";"))
        values: Mapping[bytes, bytes] = {
            name.strip(): value.strip() for name, _, value in (one.partition(b"=") for one in parameters)
        }
        try:
            yield coding, float(values.get(b"q", b"1"))
        except ValueError:
            yield coding, 0.0
