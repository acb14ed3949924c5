"""Models of the short description of a return, which the generated apps show before all other fields."""

from collections.abc import Mapping

from connector.definition.model.fields import FrozenModel, Path
from connector.definition.model.unified import FlagTable

LABELS: Mapping[str, str] = {
    "order": "Order",
    "customer_name": "Customer Name",
    "customer_email": "Customer Email",
    "reason": "Reason",
    "items": "Items",
    "amount": "Amount",
    "status": "Status",
    "link": "Link",
    "tracking_link": "Tracking Link",
}
"""The label of each member of a summary, in the order of the output fields; all members are strings."""


class ItemLines(FrozenModel):
    """Where the items of a return are, and how to describe them.

    All paths except `at` are relative to one item. `name` lists alternative paths, of which the first with a
    value is used. `reasons` contains such a list of alternative paths for each reason that an item can have.
    """

    at: Path
    name: tuple[Path, ...]
    variant: Path | None = None
    quantity: Path | None = None
    reasons: tuple[tuple[Path, ...], ...] = ()


class Amount(FrozenModel):
    """Where an amount and its currency are.

    If `at` is set, it is the path of a list or object; `amount`, `currency`, `quantity` and `unless` are then
    relative to the object or to each item of the list. The result is the sum of the amounts, each multiplied
    by the value at `quantity`, without the items for which `unless` is true. `shared_currency` is always
    relative to the return.
    """

    at: Path | None = None
    amount: Path
    currency: Path | None = None
    shared_currency: Path | None = None
    quantity: Path | None = None
    unless: FlagTable | None = None


class Summary(FrozenModel):
    """How to build the summary of a return from a record; paths are relative to the object at `within`.

    If there are several paths or amounts, the first with a value is used. `words` maps statuses, and
    `reason_words` maps reason codes, to readable words; a status or code without an entry is shown unchanged.
    A number in a path selects an item of a list, counted from 0.
    """

    within: Path = ()
    order: tuple[Path, ...] = ()
    customer_name: tuple[Path, ...] = ()
    customer_email: tuple[Path, ...] = ()
    items: ItemLines | None = None
    reason_words: Mapping[str, str] = {}
    amounts: tuple[Amount, ...] = ()
    status: Path | None = None
    words: Mapping[str, str] = {}
    link: tuple[Path, ...] = ()
    tracking_link: tuple[Path, ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """The keys of `LABELS` that the summary has, in order."""
        present = {
            "order": self.order,
            "customer_name": self.customer_name,
            "customer_email": self.customer_email,
            "reason": self.items and self.items.reasons,
            "items": self.items and self.items.name,
            "amount": self.amounts,
            "status": self.status,
            "link": self.link,
            "tracking_link": self.tracking_link,
        }
        return tuple(key for key in LABELS if present[key])
