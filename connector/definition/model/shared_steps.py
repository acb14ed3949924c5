"""Models of the searches and actions that vendors share, as a catalog's `unified` section names them."""

from typing import Literal

from connector.definition.model.dotted import DottedPath
from connector.definition.model.fields import FrozenModel

SharedSearch = Literal["order_number", "number", "customer_email"]
"""What returns are searched by, for all vendors: the order, their own number or ID, the customer."""
SharedAction = Literal["approve", "reject", "cancel", "add_note"]
"""What is done with a return, for all vendors."""


class DetailsTable(FrozenModel):
    """The search that reads one whole return: its input takes the value at the path `id` of a row."""

    search: str
    input: str
    id: DottedPath


class SearchTable(FrozenModel):
    """The vendor's search for returns, and its input that takes the value.

    If the rows are summaries, `details` reads the return of each row.
    """

    search: str
    input: str
    details: DetailsTable | None = None


class ActionTable(FrozenModel):
    """The vendor's action, its input for the ID of the return, and its input for a text, if any."""

    action: str
    id: str
    text: str | None = None
