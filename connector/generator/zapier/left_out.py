"""Lists the steps of the catalog that a Zapier app does not contain, with the reason."""

from collections.abc import Mapping
from typing import Any

from connector.definition.action_guarantees import ZAPIER_RISKS
from connector.definition.left_out import why_left_out
from connector.definition.model import Action, Integration, Search, Trigger


def left_out(integration: Integration, entries: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """List the labels of the catalog's steps that the app does not contain, keyed by the reason.

    The steps under `forbidden` are left out because Zapier's policy forbids them. The steps under `assumed`
    are left out because they need a request that the vendor's documentation does not confirm. The triggers
    under `general` fire on changes of any kind.
    """
    actions = integration.actions.values()
    forbidden = [one for one in actions if one.risk not in ZAPIER_RISKS]
    candidates: tuple[tuple[Trigger | Action | Search, str], ...] = (
        *((one, "triggers") for one in integration.triggers.values() if "zapier" in one.guarantees),
        *((one, "creates") for one in actions if one not in forbidden),
        *((one, "searches") for one in integration.searches.values()),
    )
    return {
        "forbidden": [one.label for one in forbidden],
        "assumed": [one.label for one, folder in candidates if one.key not in entries[folder]],
        "general": [one.label for one in integration.triggers.values() if why_left_out(one, "zapier")],
    }
