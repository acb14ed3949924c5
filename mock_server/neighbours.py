"""Keeps web pages of other sites away from what anybody on this machine may do.

On loopback the control plane asks for no token, and a browser sends a bodiless POST for any page that is
open in it. It says so: by `Origin` (RFC 6454, section 7) and `Sec-Fetch-Site` (W3C Fetch Metadata). Programs
send neither.
"""

from collections.abc import Mapping

from mock_server.engine.problem import Problem

_HARMLESS = {"GET", "HEAD", "OPTIONS"}


def refuse_other_sites(method: str, headers: Mapping[bytes, bytes]) -> None:
    """Raise `Problem("forbidden")` for a write that a page of another origin asked for."""
    if method in _HARMLESS:
        return
    origin = headers.get(b"origin", b"").decode("latin-1").strip()
    host = headers.get(b"host", b"").decode("latin-1").strip()
    foreign = origin and origin.rpartition("://")[2].lower() != host.lower()
    if foreign or headers.get(b"sec-fetch-site", b"").strip().lower() == b"cross-site":
        raise Problem(
            "forbidden",
            f"The control plane takes no {method} from a web page of another site"
            f"{f' ({origin})' if foreign else ''}; send it from a program or from the sandbox's own pages.",
        )
