"""What the scenarios ask of a runtime: the connector in Python, or a platform that runs a generated app."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol, Self

from connector.definition.model import ErrorKind, Runtime
from support.matrix.shop import Shop

Record = dict[str, Any]
Inputs = Mapping[str, Any]
Offered = Literal["triggers", "actions", "searches", "dropdowns"]
Kind = ErrorKind | Literal["unknown"]
"""Kinds of errors; "unknown" is a write that may or may not have been made."""


class Refused(Exception):  # noqa: N818 - what happened
    """A runtime told a person that something failed: what kind of failure, and in which words."""

    def __init__(self, kind: Kind, message: str, *, delay: float | None = None) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.delay = delay


class Watch(Protocol):
    """A trigger that is switched on."""

    def poll(self) -> list[Record]:
        """The records that one poll tells of, in the order in which the runtime hands them on."""


class Hook(Protocol):
    """A trigger that is switched on at the vendor."""

    def receive(self, posted: Any) -> list[Record]:
        """The records that a post of the vendor tells of."""

    def end(self) -> None:
        """Switch it off."""


class Adapter(Protocol):
    """A runtime connected to one shop. What fails raises `Refused`, whatever the runtime raised.

    `tells_delay`: it says how long a vendor's limit lasts. `hides_echoes`: it blots the login out of a
    vendor's words too. `fills_defaults`: what is left empty has the default that its form shows.
    """

    @property
    def runtime(self) -> Runtime: ...

    @property
    def shop(self) -> Shop: ...

    @property
    def tells_delay(self) -> bool: ...

    @property
    def hides_echoes(self) -> bool: ...

    @property
    def fills_defaults(self) -> bool: ...

    def at(self, shop: Shop) -> Self:
        """The same runtime, connected to another shop of the vendor."""

    def offered(self, what: Offered) -> frozenset[str]:
        """The keys that the runtime shows to people, of what changes nothing behind its limits."""

    def form(self, what: Offered, key: str) -> frozenset[str]:
        """The inputs that a trigger or an action shows."""

    def prove(self, login: Mapping[str, str]) -> None:
        """Connect with what was typed in."""

    def watch(self, key: str, inputs: Inputs | None = None) -> Watch:
        """Switch a trigger on; what is there already is not told."""

    def hooked(self) -> frozenset[str]:
        """The triggers that it lets the vendor tell of."""

    def subscribe(self, key: str, url: str) -> Hook:
        """Switch one of those on; the vendor posts to `url`."""

    def act(self, key: str, inputs: Inputs) -> Record:
        """Run an action, given its inputs as the runtime's users give them (some left empty)."""

    def search(self, key: str, inputs: Inputs) -> list[Record]:
        """Run a search."""

    def choices(self, key: str, page: int) -> Sequence[tuple[str, str]]:
        """One page of a dropdown, counted from 0, as (value, label); empty behind the last."""

    def lost_write(self, key: str) -> Kind:
        """What kind of error an action's write without an answer is."""

    def listening(self) -> AbstractContextManager[None]:
        """Log as much as the runtime can until the block ends."""

    def words(self) -> str:
        """Whatever the runtime has logged in such a block, or told."""


Connect = Callable[[Shop], Adapter]
"""Connects a started runtime to a shop."""
