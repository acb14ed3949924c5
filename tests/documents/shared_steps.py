"""The table of the searches and actions that vendors share, with the limits of each vendor."""

from typing import get_args

from connector.definition.compiler import integration, vendors
from connector.definition.model import SharedAction, SharedSearch
from connector.unified import Offer, action_offer, search_offer
from documents.tables import table


def shared_steps() -> str:
    """Return a row per vendor and step that it has, and what the others lack."""
    rows = []
    for vendor in vendors():
        made = integration(vendor)
        offers = {f"find_all({by}=…)": search_offer(made, by) for by in get_args(SharedSearch)}
        offers |= {f'act("{name}")': action_offer(made, name) for name in get_args(SharedAction)}
        rows += [[made.vendor.title, f"`{call}`", *_cells(offer)] for call, offer in offers.items()]
    return table(["vendor", "call", "by", "limits"], rows)


def _cells(offer: Offer) -> list[str]:
    return [f"`{offer.key}`", " ".join(offer.limits)] if offer.key else ["–", f"{offer.why}."]
