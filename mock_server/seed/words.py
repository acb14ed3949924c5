"""`ShopWords`: the vendor's words for what a merchant's own shop says in neutral words."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mock_server.seed.model import State


@dataclass(frozen=True, slots=True)
class ShopWords:
    """A vendor's words for the neutral statuses, reasons and return types of a shop.

    `statuses` lacks the neutral states that a return cannot have at the vendor. `own_statuses` contains all
    of the vendor's statuses, each with its neutral state, and `transitions` the statuses that may follow each
    of them. `reasons` is keyed by neutral reason; a vendor whose shops define their own reasons
    (`any_reason`) accepts every other text too. `types` lists the possible return types.
    """

    statuses: Mapping[State, str]
    own_statuses: Mapping[str, State]
    transitions: Mapping[str, tuple[str, ...]]
    reasons: Mapping[str, str] = field(default_factory=dict)
    any_reason: bool = False
    types: tuple[str, ...] = ("refund", "exchange", "store_credit")
