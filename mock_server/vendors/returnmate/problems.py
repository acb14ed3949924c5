"""ReturnMate's `report_problem` act: the carrier reports a problem with a parcel.

Some parcels in the generated data already have a problem; this act reports a problem with any other parcel.
It does not cancel the scheduled scans, so a delayed parcel is still delivered (assumed).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from mock_server.acts import Act
from mock_server.store import Change, Store
from mock_server.vendors.returnmate.documents import JSON
from mock_server.vendors.returnmate.facts import NAME
from mock_server.vendors.returnmate.returns import Returns

_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\x00]*$"}
_SCHEMA: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["shipment_id"],
    "properties": {"shipment_id": _TEXT, "description": _TEXT},
}
_ENDED: Final = ("delivered", "exception")


@dataclass(frozen=True, slots=True)
class Problems:
    """The `report_problem` act, which stores a carrier's scan with the status `exception`."""

    store: Store
    returns: Returns

    @property
    def act(self) -> Act:
        """The `report_problem` act, with its description and the JSON Schema of its input."""
        sentence = "The carrier reports a problem with a parcel: its status becomes `exception`."
        return Act(sentence, _SCHEMA, self.run)

    def run(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> JSON:
        """Store the carrier's report, and return the `Shipment`.

        Raises `LookupError` if there is no such shipment, or `ValueError` if the parcel was delivered or
        already has a problem.
        """
        id_ = requested["shipment_id"]
        row = self.store.row(tenant, NAME, "shipment", id_)
        if row is None:
            raise LookupError(f"No shipment has the id {id_[:80]}.")
        if row.status in _ENDED:
            raise ValueError(f"The shipment {id_} is {row.status}, so its carrier reports no problem.")
        description = requested.get("description", "Delayed by the carrier")
        self.returns.scan(change, tenant, id_, "exception", description, at)
        document = self.store.document(tenant, NAME, "shipment", id_)
        shipment: JSON = orjson.loads(document or b"{}")
        return shipment
