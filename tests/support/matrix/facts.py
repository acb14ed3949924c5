"""What the scenarios need to know of a vendor that its `Integration` does not say; a file per vendor."""

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
    """Inputs of a trigger, and what may happen to a return without fitting them."""

    inputs: Inputs
    misses: Callable[["Shop", Document], object]


@dataclass(frozen=True)
class Lookup:
    """Inputs by which a search finds a return of the shop, and some by which it finds nothing."""

    finds: Callable[["Shop", Document], Inputs]
    misses: tuple[Inputs, ...]


@dataclass(frozen=True)
class Wrong:
    """Inputs of an action that the vendor refuses, and the names of the field: one has to be told."""

    action: str
    inputs: Callable[["Shop"], Inputs]
    field: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Facts of one vendor that the matrix needs.

    `happens`: by trigger, what causes its event on a return that was just requested; returns the id of the
    record in the event. `again`: another cause of the same trigger's event, None if there is no other.
    `actions`: by action, all of its inputs, for a record that exists. `needed`: inputs that an action needs
    although none of them is required by itself. `lookups`: by search. `options`: what the return is created
    with, if not the usual. `unchecked`: login fields in which the vendor accepts anything. `nobody`: an id
    that looks valid but belongs to no record.
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
    nobody: str = "nothing"


def facts_of(vendor: str) -> Facts:
    """The facts in `vendors/<vendor>.py`."""
    found: Facts = import_module(f"support.matrix.vendors.{vendor}").FACTS
    return found
