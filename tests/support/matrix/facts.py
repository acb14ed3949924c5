"""Facts that the scenarios need and that no `Integration` contains; one file per vendor."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.matrix.shop import Shop

Document = dict[str, Any]
Inputs = dict[str, Any]


@dataclass(frozen=True)
class Filter:
    """Filter inputs of a trigger, and a change of a return that does not match them."""

    inputs: Inputs
    misses: Callable[["Shop", Document], object]


@dataclass(frozen=True)
class Lookup:
    """Inputs with which a search finds a return of the shop, and inputs with which it finds nothing."""

    finds: Callable[["Shop", Document], Inputs]
    misses: tuple[Inputs, ...]


@dataclass(frozen=True)
class Wrong:
    """Inputs of an action that the vendor refuses, and field names, one of which the error must contain."""

    action: str
    inputs: Callable[["Shop"], Inputs]
    field: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """The facts about one vendor.

    `happens`: by trigger, a change of a new return that fires it; returns the id of the record in the event.
    `again`: another change that fires the same trigger, or None. `actions`: by action, all of its inputs, for
    an existing record. `needed`: inputs that an action needs although none of them alone is required.
    `lookups`: by search. `options`: options for creating the return. `unchecked`: login fields in which the
    vendor accepts any value. `unfilled`: filters of which the shop's returns have no value. `unknown`: an id
    that looks valid but belongs to no record. `final`: a return in the status of a trigger allows no further
    move. `passing`: triggers for a status that no record of the shop still has after some weeks.
    """

    happens: Mapping[str, Callable[["Shop", Document], str]]
    actions: Mapping[str, Callable[["Shop"], Inputs]]
    lookups: Mapping[str, Lookup]
    wrong: Wrong | None = None
    needed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    again: Mapping[str, Callable[["Shop", Document], str] | None] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    options: Inputs = field(default_factory=dict)
    unchecked: frozenset[str] = frozenset()
    unfilled: frozenset[str] = frozenset()
    unknown: str = "nothing"
    final: bool = False
    passing: frozenset[str] = frozenset()


def facts_of(vendor: str) -> Facts:
    """Return the facts in `vendors/<vendor>.py`."""
    found: Facts = import_module(f"support.matrix.vendors.{vendor}").FACTS
    return found
