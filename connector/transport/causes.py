"""Explains why a request failed: a timeout, or a problem with the host name, TLS or the connection."""

from __future__ import annotations

import os
import socket
import ssl
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator


def cause(problem: BaseException, host: str) -> str:
    """Describe why a request to `host` failed, as a clause that completes an error message."""
    if isinstance(problem, httpx.TimeoutException):
        return "it does not answer in time"
    if isinstance(problem, httpx.RemoteProtocolError | httpx.DecodingError):
        return "its answer is not HTTP, or is cut off"
    reason = next((text for link in _chain(problem) if (text := _reason(link, host))), "")
    return reason or str(problem).rstrip(".") or type(problem).__name__


def _reason(problem: BaseException, host: str) -> str:
    if isinstance(problem, socket.gaierror):
        return f"the host name {host} cannot be resolved: {(problem.strerror or str(problem)).lower()}"
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"its TLS certificate is not accepted: {problem.verify_message}"
    if isinstance(problem, ssl.SSLError):
        return "a TLS connection cannot be made; it may support http:// only"
    if isinstance(problem, OSError) and problem.errno:
        return os.strerror(problem.errno).lower()
    return ""


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception, then the exception that caused it, and so on.

    For an exception group, only the first exception in the group is followed. An exception that is raised
    twice can be its own context, so each exception is yielded only once.
    """
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        yield problem
        group = problem.exceptions[0] if isinstance(problem, BaseExceptionGroup) else None
        problem = group or problem.__cause__ or problem.__context__
