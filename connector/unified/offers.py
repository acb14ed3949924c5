"""Says which of the shared searches and actions a vendor has, and within which limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from connector.definition.model import (
        Action,
        ActionTable,
        Integration,
        Search,
        SearchTable,
        SharedAction,
        SharedSearch,
        Unified,
    )

WORDS: dict[SharedSearch, str] = {
    "order_number": "order number",
    "number": "return number",
    "customer_email": "customer email",
}
DEEDS: dict[SharedAction, str] = {
    "approve": "approve a return",
    "reject": "reject a return",
    "cancel": "cancel a return",
    "add_note": "add a note to a return",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a vendor offers of a shared search or action.

    `key` is the key of the vendor's own step, or None if it has none; `why` is then the reason, as the rest
    of a sentence that begins with the vendor's name. `limits` are sentences. `assumed` is true if a part of
    the request is only assumed to exist.
    """

    key: str | None
    why: str = ""
    limits: tuple[str, ...] = ()
    assumed: bool = False


def search_offer(made: Integration, by: SharedSearch) -> Offer:
    """Return the vendor's search for returns by order number, return number or customer email."""
    table = search_table(made, by)
    if table is None:
        return Offer(None, f"has no search for returns by {WORDS[by]}")
    search = made.searches[table.search]
    return Offer(search.key, limits=tuple(_search_limits(made, search, table)), assumed=search.preview)


def action_offer(made: Integration, name: SharedAction) -> Offer:
    """Return the vendor's action that approves, rejects or cancels a return, or adds a note to one."""
    table = action_table(made, name)
    if table is None:
        return Offer(None, f"has no action to {DEEDS[name]}")
    action = made.actions[table.action]
    return Offer(action.key, limits=tuple(_action_limits(action, table)), assumed=action.preview)


def search_table(made: Integration, by: SharedSearch) -> SearchTable | None:
    """Return the catalog's entry of a shared search; None if the vendor has no such search."""
    return _section(made).searches.get(by)


def action_table(made: Integration, name: SharedAction) -> ActionTable | None:
    """Return the catalog's entry of a shared action; None if the vendor has no such action."""
    return _section(made).actions.get(name)


def _section(made: Integration) -> Unified:
    if made.unified is None:
        raise ConfigurationError(f"The catalog of {made.vendor.title} has no section unified.")
    return made.unified


def _search_limits(made: Integration, search: Search, table: SearchTable) -> list[str]:
    limits = []
    compared = next(one for one in search.inputs if one.key == table.input)
    if compared.location == "match":
        operation = made.operations[search.operation]
        rows = search.scan_pages * made.paging[operation.paging or ""].size
        limits.append(f"Only the newest {rows:,} returns are compared.")
    if table.details:
        limits.append("Each return takes one more request.")
    if search.preview:
        limits.append("The request is only assumed to exist.")
    return limits


def _action_limits(action: Action, table: ActionTable) -> list[str]:
    limits = []
    if table.text is None:
        limits.append("It takes no text.")
    if action.preview:
        limits.append("The request is only assumed to exist.")
    return limits
