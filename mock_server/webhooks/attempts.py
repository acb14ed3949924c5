"""Reads and extends a delivery's log, which contains the time and the receiver's answer for each attempt."""

from dataclasses import asdict, dataclass
from typing import Final

import orjson

MAX_ATTEMPTS: Final = 20
"""The maximum number of attempts in the log of a delivery."""
MAX_BODY: Final = 2_048
"""The maximum number of bytes of a receiver's answer that the log contains."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send a delivery.

    `at` is the time of the attempt on the tenant's clock, in microseconds since the Unix epoch. If the
    receiver did not answer, `status` is None and `error` explains why; otherwise, `error` is "".
    """

    number: int
    at: int
    status: int | None
    error: str
    answer: str
    milliseconds: float


def extended(log: bytes, attempt: Attempt) -> bytes:
    """Return a log (JSON) with `attempt` appended; if the log is full, its oldest attempt is dropped."""
    return orjson.dumps([*orjson.loads(log), asdict(attempt)][-MAX_ATTEMPTS:])


def attempts(log: bytes) -> list[Attempt]:
    """Parse a log (JSON), and return its attempts, oldest first."""
    return [Attempt(**entry) for entry in orjson.loads(log)]
