"""`ShopWords`: maps the vendor-neutral terms in a merchant's own shop to the terms of one vendor."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mock_server.seed.model import State


@dataclass(frozen=True, slots=True)
class ShopWords:
    """Maps the vendor-neutral statuses, reasons and return types of a shop to a vendor's terms.

    `statuses` maps each neutral state that a return can have at the vendor to the vendor's status.
    `own_statuses` maps each of the vendor's statuses to its neutral state, and `transitions` maps it to the
    statuses that may follow. `reasons` maps neutral reasons to the vendor's reasons. If `any_reason` is True,
    shops define their own reasons, so every other text is accepted too. `types` lists the return types.
    `max_units` is the maximum number of units in a return, or None if there is no limit.
    """

    statuses: Mapping[State, str]
    own_statuses: Mapping[str, State]
    transitions: Mapping[str, tuple[str, ...]]
    reasons: Mapping[str, str] = field(default_factory=dict)
    any_reason: bool = False
    types: tuple[str, ...] = ("refund", "exchange", "store_credit")
    max_units: int | None = None
