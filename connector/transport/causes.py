"""Why nothing answers at an address: the time, the name, TLS, or the connection."""

from __future__ import annotations

import os
import socket
import ssl
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator


def cause(problem: BaseException, host: str) -> str:
    """Return the real cause of a request that failed, as the end of a sentence."""
    if isinstance(problem, httpx.TimeoutException):
        return "it does not answer in time"
    if isinstance(problem, httpx.RemoteProtocolError | httpx.DecodingError):
        return "it does not answer in HTTP, or breaks off"
    found = next((said for one in _chain(problem) if (said := _said(one, host))), "")
    return found or str(problem).rstrip(".") or type(problem).__name__


def _said(problem: BaseException, host: str) -> str:
    if isinstance(problem, socket.gaierror):
        return f"the host name {host} cannot be resolved: {(problem.strerror or str(problem)).lower()}"
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"its TLS certificate is not accepted: {problem.verify_message}"
    if isinstance(problem, ssl.SSLError):
        return "no TLS connection can be made; it may speak http:// only"
    if isinstance(problem, OSError) and problem.errno:
        return os.strerror(problem.errno).lower()
    return ""


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    """List an exception and what led to it; of several at once, the first."""
    while problem is not None:
        yield problem
        group = problem.exceptions[0] if isinstance(problem, BaseExceptionGroup) else None
        problem = group or problem.__cause__ or problem.__context__
