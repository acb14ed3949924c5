"""Decides for which calls a fault fires, and draws numbers, without randomness.

A draw depends on nothing but the seed, the tenant's name, the vendor, the operation, the kind of fault and
the number of the call. The same calls therefore meet the same faults on every machine, and in parallel too:
each operation has its own count, so calls of other operations change nothing.
"""

from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any, Final

_RANGE: Final = 2**64


@dataclass(frozen=True, slots=True)
class Condition:
    """When a fault fires; at most one of `next`, `every` and `share` is set, and if none is, for every call.

    next: for this many calls, and then never again
    every: for every k-th call of an operation
    share: for this part of the calls of an operation, from 0 to 1, drawn with `seed`
    after: the number of calls of an operation that pass before the fault begins
    """

    next: int = 0
    every: int = 0
    share: float = 0.0
    after: int = 0
    seed: int = 0

    def holds(self, number: int, *name: str) -> bool:
        """Return True if the fault fires for the `number`-th call of an operation, counted from 1.

        `name` identifies the operation in the draw: tenant, vendor, operation and kind of fault. The limit of
        `next` is not checked here, because it counts the calls of all operations.
        """
        if number <= self.after:
            return False
        if self.every:
            return (number - self.after) % self.every == 0
        return not self.share or draw(self.seed, *name, number) < self.share

    def shown(self) -> dict[str, Any]:
        """Return the fields that are set; `seed` is included because latencies are drawn with it."""
        return {name: value for name, value in asdict(self).items() if value or name == "seed"}


def draw(seed: int, *parts: str | int) -> float:
    """Return a number of at least 0 and less than 1 that depends only on the arguments."""
    text = "\0".join(map(str, (seed, *parts))).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") / _RANGE
