"""Runs the actions that vendors share: approves or rejects a return, or adds a note to it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from connector.errors import ConfigurationError
from connector.hub.on_demand.searches import as_json
from connector.unified.acting import act
from connector.unified.mapping import unified_return
from connector.unified.offers import DEEDS, action_offer

if TYPE_CHECKING:
    from connector.definition.model import Integration, SharedAction
    from connector.hub.connections import Account
    from connector.hub.vendors import Vendors

log = logging.getLogger("returns_connector.hub")


async def run(
    vendors: Vendors,
    account: Account,
    action: SharedAction,
    return_id: str,
    *,
    text: str | None,
    include_assumed: bool,
) -> dict[str, Any]:
    """Run an action on a return, and return the result in the format of the hub's API.

    `text` is the note or a comment. Raises `ConfigurationError` if the vendor has no such action, or if its
    request is only assumed to exist and `include_assumed` is false; `ValidationFailed` if it takes no text,
    `OutcomeUnknown` if no answer arrived after the request was sent, and the errors of the vendor's action.
    """
    integration = vendors.integrations[account.vendor]
    offer, title = action_offer(integration, action), integration.vendor.title
    if offer.key is None:
        raise ConfigurationError(
            f"{title} {offer.why}. Use a connection to another vendor, or {title} itself."
        )
    if offer.assumed and not include_assumed:
        raise ConfigurationError(
            f"{title} does not document a request to {DEEDS[action]}; it is only assumed to exist. Send"
            ' "include_assumed": true to try it.'
        )
    connection = await vendors.connection(account)
    record = await act(connection, action, return_id, text=text, include_assumed=include_assumed)
    return {
        "connection_id": account.id,
        "connection": account.name,
        "vendor": account.vendor,
        "return_id": return_id,
        **_unified(integration, offer.key, record),
    }


def _unified(integration: Integration, key: str, record: dict[str, Any]) -> dict[str, Any]:
    """Return the vendor's record as `raw`, and as `data` in the common model if it is a readable return."""
    try:
        found = unified_return(integration, integration.actions[key].resource, record)
    except Exception as problem:  # noqa: BLE001 - the action has succeeded
        log.warning("The result of %s cannot be converted: %s", key, problem)
        found = None
    if found is None or found.id is None:
        return {"data": None, "raw": record}
    return as_json(found)
