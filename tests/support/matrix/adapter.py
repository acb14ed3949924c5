"""The interface between scenarios and runtimes: the connector in Python, Zapier's core, Make's emulator."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol, Self

from connector.definition.model import ErrorKind, InputField, Runtime
from support.matrix.shop import Shop

Record = dict[str, Any]
Inputs = Mapping[str, Any]
Offered = Literal["triggers", "actions", "searches", "dropdowns"]
Kind = ErrorKind | Literal["unknown"]
"""Kinds of errors; "unknown" means that a write may or may not have been made."""


class Refused(Exception):  # noqa: N818 - what happened
    """A runtime showed a user that something failed; `kind` is the kind of failure."""

    def __init__(self, kind: Kind, message: str, *, delay: float | None = None) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.delay = delay


class Watch(Protocol):
    """A trigger that is switched on."""

    def poll(self) -> list[Record]:
        """Return the records that one poll delivers, in the runtime's order."""


class Hook(Protocol):
    """A webhook trigger that is switched on."""

    def receive(self, posted: Any) -> list[Record]:
        """Return the records that a webhook post delivers."""

    def end(self) -> None:
        """Unsubscribe."""


class Adapter(Protocol):
    """A runtime connected to one shop. Failures raise `Refused`, independent of the runtime's own errors.

    `longest_step`: the seconds after which the platform ends a step, or None if it has no such limit.
    `tells_delay`: its errors contain the wait after a rate limit. `hides_echoes`: it also masks the login in
    messages of the vendor. `fills_defaults`: empty inputs get the default shown in the form. `sends_empty`:
    an object of the body, such as an address, is sent even if none of its inputs is filled in.
    """

    @property
    def runtime(self) -> Runtime: ...

    @property
    def shop(self) -> Shop: ...

    @property
    def longest_step(self) -> float | None: ...

    @property
    def tells_delay(self) -> bool: ...

    @property
    def hides_echoes(self) -> bool: ...

    @property
    def fills_defaults(self) -> bool: ...

    @property
    def sends_empty(self) -> bool: ...

    def at(self, shop: Shop) -> Self:
        """Return the same runtime, connected to another shop of the vendor."""

    def offered(self, what: Offered) -> frozenset[str]:
        """Return the keys that the runtime shows to users."""

    def form(self, what: Offered, key: str) -> frozenset[str]:
        """Return the inputs that a trigger or an action shows."""

    def prove(self, login: Mapping[str, str]) -> None:
        """Connect with these credentials."""

    def watch(self, key: str, inputs: Inputs | None = None) -> Watch:
        """Switch a trigger on; existing records are not delivered."""

    def sample(self, key: str) -> list[Record]:
        """Return the records that the user sees while setting the trigger up, however old they are."""

    def hooked(self) -> frozenset[str]:
        """Return the triggers that use webhooks."""

    def subscribe(self, key: str, url: str) -> Hook:
        """Subscribe a webhook trigger; the vendor posts to `url`."""

    def act(self, key: str, inputs: Inputs) -> Record:
        """Run an action with inputs in the form users enter them (some left empty)."""

    def search(self, key: str, inputs: Inputs) -> list[Record]:
        """Run a search."""

    def choices(self, key: str, page: int) -> Sequence[tuple[str, str]]:
        """Return one page of a dropdown, counted from 0, as (value, label); empty after the last page."""

    def parts(self, key: str, inputs: Inputs) -> Sequence[tuple[str, str]]:
        """Return the options of a dependent dropdown for the inputs filled in so far, as (value, label)."""

    def choose(self, key: str, field: InputField, label: str) -> str:
        """Return what the runtime passes to an action if the user chooses this label, or maps it."""

    def lost_write(self, key: str) -> Kind:
        """Return the kind of error that a write without an answer raises."""

    def listening(self) -> AbstractContextManager[None]:
        """Log as much as the runtime can until the block ends."""

    def words(self) -> str:
        """Return everything that the runtime logged in such a block, or showed in errors."""


def value_of(app: Adapter, field: InputField, label: str) -> str:
    """Return the value of the record that the input's dropdown shows with this label."""
    assert field.dropdown
    (value,) = [value for value, shown in app.choices(field.dropdown, 0) if shown == label]
    return value


Connect = Callable[[Shop], Adapter]
"""Connects a started runtime to a shop."""
