"""The log of a delivery's attempts: when each was made, and what the receiver answered."""

from dataclasses import asdict, dataclass
from typing import Final

import orjson

MAX_ATTEMPTS: Final = 20
"""How many attempts the log of a delivery keeps."""
MAX_BODY: Final = 2_048
"""How many bytes of a receiver's answer are kept."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send a delivery, made at the tenant's time `at` (µs).

    `error` is "" if the receiver answered, with any status.
    """

    number: int
    at: int
    status: int | None
    error: str
    answer: str
    milliseconds: float


def extended(log: bytes, attempt: Attempt) -> bytes:
    """Add an attempt to a log, and drop the oldest attempts if the log is full."""
    return orjson.dumps([*orjson.loads(log), asdict(attempt)][-MAX_ATTEMPTS:])


def attempts(log: bytes) -> list[Attempt]:
    """Read the attempts in a log, oldest first."""
    return [Attempt(**entry) for entry in orjson.loads(log)]
