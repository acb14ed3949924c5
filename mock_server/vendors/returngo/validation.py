"""ReturnGO's item validation: records which items the warehouse received and which can be restocked.

The vendor's page mentions item validation (documented), but the API has no operation for it. Therefore, the
sandbox's control plane offers it as an act. When all items are validated, the return's status changes to
Validated if the return's lifecycle allows this change (assumed).
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
"""The statuses in which a return's items can be validated: Received and Done are documented, Validated is
assumed."""


@dataclass(frozen=True, slots=True)
class Validation:
    """The `validate_items` act, which stores the warehouse's validation of returned items."""

    store: Store
    returns: Returns

    @property
    def act(self) -> Act:
        """Build the act for the control plane: its description, input schema and function."""
        sentence = "Records whether returned items arrived at the warehouse and can be restocked."
        return Act(sentence, _SCHEMA, self.run)

    def run(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> Mapping[str, Any]:
        """Store the validation of a return's items, and return the `Rma`.

        Raises `LookupError` if the return or an item is unknown, and `ValueError` if the return has not
        been received yet.
        """
        row = self.returns.row(tenant, requested["rmaId"])
        if row.status not in _OPEN:
            raise ValueError(f"RMA {row.id} is {row.status}; its items can be validated once it is Received.")
        rma: JSON = orjson.loads(row.document)
        items = {item["returnedItemId"]: item for item in rma["items"]}
        ids = [check["returnedItemId"] for check in requested["items"]]
        for id_, check in zip(ids, requested["items"], strict=True):
            if id_ not in items:
                raise LookupError(f"RMA {row.id} has no item {id_}.")
            items[id_]["itemValidationStatusResponse"] = item_validation(check, requested, at)
        before, after = verdict(orjson.loads(row.document)), verdict(rma)
        body = {"from": before, "to": after, "items": ids}
        change.record(tenant, NAME, kind=ledger.RETURN_QUALITY_CHECKED, subject=row.id, at=at, body=body)
        self.returns.save(change, row, rma, row.updated_at)
        if after != "open" and "Validated" in LIFECYCLE.transitions[row.status]:
            by = requested.get("validatedBy", "Warehouse")
            rma = self.returns.move(change, self.returns.row(tenant, row.id), "Validated", at, by)
        return rma


def item_validation(check: Mapping[str, Any], requested: Mapping[str, Any], at: int) -> JSON:
    """Build an `ItemValidation` from `check`, the warehouse's result for one item.

    `requested` is the act's input, which states who validated the items and where.
    """
    return {
        "returnedItemId": check["returnedItemId"],
        "isRestockable": check["isRestockable"],
        "isReturned": check["isReturned"],
        "nonRestockableReason": check.get("nonRestockableReason"),
        "nonReturnedReason": check.get("nonReturnedReason"),
        "storeLocationId": requested.get("storeLocationId", "online"),
        "lastValidationDate": moment(at),
        "lastValidatedBy": requested.get("validatedBy"),
        "thirdPartyName": requested.get("thirdPartyName"),
        "userDetails": None,
    }


def verdict(rma: JSON) -> str:
    """Summarize the validation of all items of a return.

    The result is "open" if any item has not been validated yet, "passed" if all items arrived and can be
    restocked, and "failed" in all other cases.
    """
    checks = [item["itemValidationStatusResponse"] for item in rma["items"]]
    if any("returnedItemId" not in check for check in checks):
        return "open"
    return "passed" if all(check["isReturned"] and check["isRestockable"] for check in checks) else "failed"
