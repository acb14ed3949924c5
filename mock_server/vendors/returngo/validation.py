"""Item validation: what the warehouse found of each unit.

The vendor's page promises that it can be told, and no operation of the API tells it; so it is an act of the
control plane. When every item has been looked at, the return is Validated, if it may be (assumed).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from mock_server import ledger
from mock_server.acts import Act
from mock_server.store import Change, Store
from mock_server.vendors.returngo.documents import JSON, moment
from mock_server.vendors.returngo.facts import LIFECYCLE, NAME
from mock_server.vendors.returngo.returns import Returns

_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\x00]*$"}
_SCHEMA: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["rmaId", "items"],
    "properties": {
        "rmaId": _TEXT,
        "validatedBy": _TEXT,
        "thirdPartyName": _TEXT,
        "storeLocationId": _TEXT,
        "items": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["returnedItemId", "isReturned", "isRestockable"],
                "properties": {
                    "returnedItemId": _TEXT,
                    "isReturned": {"type": "boolean"},
                    "isRestockable": {"type": "boolean"},
                    "nonReturnedReason": _TEXT,
                    "nonRestockableReason": _TEXT,
                },
            },
        },
    },
}
_OPEN: Final = {"Received", "Validated", "Done"}
"""Validation is possible in these (a help page says so of Received and Done)."""


@dataclass(frozen=True, slots=True)
class Validation:
    """The act `validate_items`."""

    store: Store
    returns: Returns

    @property
    def act(self) -> Act:
        """What the control plane offers."""
        sentence = "Notes what the warehouse found of items that came back."
        return Act(sentence, _SCHEMA, self.run)

    def run(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> Mapping[str, Any]:
        """Write what was found into the items; returns the `Rma`.

        Raises `LookupError` for an id that nothing has, `ValueError` for a return that has not arrived.
        """
        row = self.returns.row(tenant, requested["rmaId"])
        if row.status not in _OPEN:
            raise ValueError(f"RMA {row.id} is {row.status}; its items are validated once it is Received.")
        rma: JSON = orjson.loads(row.document)
        items = {item["returnedItemId"]: item for item in rma["items"]}
        for told in requested["items"]:
            if told["returnedItemId"] not in items:
                raise LookupError(f"RMA {row.id} has no item {told['returnedItemId']}.")
            items[told["returnedItemId"]]["itemValidationStatusResponse"] = found(told, requested, at)
        before, after = verdict(orjson.loads(row.document)), verdict(rma)
        body = {"from": before, "to": after, "items": [told["returnedItemId"] for told in requested["items"]]}
        change.record(tenant, NAME, kind=ledger.RETURN_QUALITY_CHECKED, subject=row.id, at=at, body=body)
        self.returns.keep(change, row, rma, row.updated_at)
        if after != "open" and "Validated" in LIFECYCLE.transitions[row.status]:
            by = requested.get("validatedBy", "Warehouse")
            rma = self.returns.move(change, self.returns.row(tenant, row.id), "Validated", at, by)
        return rma


def found(told: Mapping[str, Any], requested: Mapping[str, Any], at: int) -> JSON:
    """An `ItemValidation`."""
    return {
        "returnedItemId": told["returnedItemId"],
        "isRestockable": told["isRestockable"],
        "isReturned": told["isReturned"],
        "nonRestockableReason": told.get("nonRestockableReason"),
        "nonReturnedReason": told.get("nonReturnedReason"),
        "storeLocationId": requested.get("storeLocationId", "online"),
        "lastValidationDate": moment(at),
        "lastValidatedBy": requested.get("validatedBy"),
        "thirdPartyName": requested.get("thirdPartyName"),
        "userDetails": None,
    }


def verdict(rma: JSON) -> str:
    """What is known of all items together: open, passed (all came back and can be sold), failed."""
    seen = [item["itemValidationStatusResponse"] for item in rma["items"]]
    if any("returnedItemId" not in one for one in seen):
        return "open"
    return "passed" if all(one["isReturned"] and one["isRestockable"] for one in seen) else "failed"
