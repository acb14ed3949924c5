"""Decides for which calls a fault fires, and draws reproducible numbers instead of random ones.

A draw depends only on the seed, the tenant's name, the vendor, the operation, the kind of fault and the
number of the call. The same calls therefore trigger the same faults on every machine. Each operation has its
own count, so parallel calls of other operations do not affect a draw.
"""

from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any, Final

_RANGE: Final = 2**64


@dataclass(frozen=True, slots=True)
class Condition:
    """The calls for which a fault fires; at most one of `next`, `every` and `share` is set.

    If none of them is set, the fault fires for every call.

    next: the fault fires for this many calls in total, and never again
    every: the fault fires for every n-th call of an operation
    share: the fault fires for this proportion of an operation's calls, from 0 to 1, drawn with `seed`
    after: the fault ignores this many calls of each operation first
    """

    next: int = 0
    every: int = 0
    share: float = 0.0
    after: int = 0
    seed: int = 0

    def holds(self, number: int, *name: str) -> bool:
        """Return True if the fault fires for the `number`-th call of an operation, counted from 1.

        The draw depends on `name`, which contains the tenant, the vendor, the operation and the kind of
        fault. The caller checks the limit `next`, which applies to all operations together.
        """
        if number <= self.after:
            return False
        if self.every:
            return (number - self.after) % self.every == 0
        return not self.share or draw(self.seed, *name, number) < self.share

    def shown(self) -> dict[str, Any]:
        """Return the fields that are set.

        `seed` is always included, because the length of a latency depends on it.
        """
        return {name: value for name, value in asdict(self).items() if value or name == "seed"}


def draw(seed: int, *parts: str | int) -> float:
    """Return a number from 0 (inclusive) to 1 (exclusive) that depends only on the arguments."""
    text = "\0".join(map(str, (seed, *parts))).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") / _RANGE
