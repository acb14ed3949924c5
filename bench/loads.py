"""Defines the requests that the benchmarks send to each vendor's API, and the expected HTTP statuses.

A load is a request of one kind, such as a filtered list. `LOADS` contains each kind for each vendor, and
`MISSING` states why a vendor lacks a kind. Values in braces, such as `{id}`, are read from the records of a
tenant (see `records.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal[
    "list",
    "filtered list",
    "list by update",
    "last page",
    "one",
    "create",
    "update",
    "invalid",
    "unauthorized",
    "unknown",
    "report",
    "transactions",
]
"""`transactions` is a list that ReturnGO computes from the returns, as reports are computed."""

FIRST_MOMENT: Final = "2026-03-02T12:00:00Z"
"""The time at which the clocks of the benchmarks' tenants start."""
_SINCE: Final = "2026-03-01T12:00:00"
"""A day before `FIRST_MOMENT`: lists by update contain what changed since then, as polls do."""

RETURN_REQUEST: Final = {
    "order_number": "#1001",
    "customer_email": "priya.nair@example.com",
    "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}],
}
_ORDER_REQUEST: Final = {
    "externalOrderId": "5001001",
    "orderNumber": "1001",
    "orderName": "#1001",
    "tags": ["spring"],
    "taxesIncluded": True,
    "shopCurrencyCode": "AUD",
    "totalPrice": 219.95,
    "fees": 0,
    "taxPrice": 20.9,
    "shippingPrice": 10.95,
    "refundAmount": 0,
}
_EXSITED: Final = "/api/v3/return-merchandise-authorisations"
_INVOICE_RETURNS: Final = "/api/v3/invoices/{invoice}/return-merchandise-authorisations"
_SWAP: Final = "/v2/external/returns"


@dataclass(frozen=True, eq=False)
class Load:
    """A request that the benchmarks send repeatedly.

    `operation` is the operationId, and `status` is the expected HTTP status. If `in_turn` is True, the
    request is sent once for each record in turn, because it cannot be repeated for the same record many
    times. If `login` is False, it is sent without credentials.
    """

    vendor: str
    kind: Kind
    operation: str
    method: str
    path: str
    status: int = 200
    body: Mapping[str, Any] | None = None
    in_turn: bool = False
    login: bool = True

    @property
    def name(self) -> str:
        """The vendor and the kind, such as `returnmate filtered list`."""
        return f"{self.vendor} {self.kind}"


def _reads(
    vendor: str, operation: str, path: str, query: Mapping[Kind, str], one: str, unknown: str
) -> Iterator[Load]:
    """Yield the loads that read from a list at `path`, and those of one return at the path `one`."""
    for kind, text in query.items():
        yield Load(vendor, kind, operation, "GET", f"{path}?{text}")
    yield Load(vendor, "unauthorized", operation, "GET", f"{path}?{query['list']}", 401, login=False)
    reader = {"exsited": "get_return", "returnmate": "get_return", "swap": operation}.get(vendor, "get_rma")
    yield Load(vendor, "one", reader, "GET", one)
    yield Load(vendor, "unknown", reader, "GET", unknown, 200 if vendor == "swap" else 404)


_LISTS: Final = (
    *_reads(
        "exsited",
        "list_returns",
        _EXSITED,
        {
            "list": "limit=25",
            "list by update": "limit=25&order_by=last_updated_on&direction=desc",
            "last page": "limit=25&offset={last_offset}",
        },
        one=f"{_EXSITED}/{{id}}",
        unknown=f"{_EXSITED}/RMA-0",
    ),
    Load("exsited", "filtered list", "list_invoice_returns", "GET", f"{_INVOICE_RETURNS}?limit=25"),
    *_reads(
        "returngo",
        "list_rmas",
        "/rmas",
        {
            "list": "pagesize=25",
            "filtered list": "pagesize=25&status=Done",
            "list by update": f"pagesize=25&rma_updated_at=gte:{_SINCE}",
            "last page": "pagesize=25&cursor={last_cursor}",
        },
        one="/rma/{id}",
        unknown="/rma/1",
    ),
    Load("returngo", "transactions", "list_transactions", "GET", "/transactions?pagesize=25"),
    *_reads(
        "returnlogic",
        "list_rmas",
        "/rmas",
        {
            "list": "limit=25",
            "filtered list": "limit=25&email={email}",
            "last page": "limit=25&skip={last_offset}",
        },
        one="/rmas/{id}",
        unknown="/rmas/1",
    ),
    *_reads(
        "returnmate",
        "list_returns",
        "/rmas",
        {
            "list": "per_page=25",
            "filtered list": "per_page=25&status=completed",
            "last page": "per_page=25&page={last_page}",
        },
        one="/rmas/{id}",
        unknown="/rmas/rma_000000000000",
    ),
    Load("returnmate", "report", "get_returns_report", "GET", "/reports/returns"),
    *_reads(
        "swap",
        "list_returns",
        _SWAP,
        {
            "list": "items_per_page=25",
            "filtered list": "items_per_page=25&customer_email={email}",
            "list by update": f"items_per_page=25&last_RMA_updated_date={_SINCE}Z",
            "last page": "items_per_page=25&page={last_page}",
        },
        one=f"{_SWAP}?rma_number={{id}}",
        unknown=f"{_SWAP}?rma_number=RMA-0",
    ),
)

_WRITES: Final = (
    Load(
        "exsited",
        "create",
        "create_return",
        "POST",
        _INVOICE_RETURNS,
        201,
        {"return_merchandise_authorisations": {"returns": [{"rma_quantity": "1", "uuid": "{line}"}]}},
        in_turn=True,
    ),
    Load(
        "exsited",
        "update",
        "receive_return",
        "POST",
        f"{_INVOICE_RETURNS}/{{id}}/receive",
        200,
        {
            "receive_return_merchandise_authorisations": {
                "receive_returns": [{"rma_receive_quantity": "1", "uuid": "{returned_line}"}]
            }
        },
        in_turn=True,
    ),
    Load("exsited", "invalid", "create_return", "POST", _INVOICE_RETURNS, 400, {"returns": 0}),
    Load(
        "returngo",
        "create",
        "create_rma_by_policy",
        "POST",
        "/rma/createByPolicy",
        200,
        {"order_name": "{order}", "items": [{"shopLineItemId": "{line}", "policyId": "refund-any-carrier"}]},
        in_turn=True,
    ),
    Load(
        "returngo",
        "update",
        "update_shipment",
        "PUT",
        "/shipment/{shipment}",
        200,
        {"status": "Shipped", "carrierName": "TNT", "trackingNumber": "TNT2983405715"},
        in_turn=True,
    ),
    Load("returngo", "invalid", "create_rma_by_policy", "POST", "/rma/createByPolicy", 400, {"items": 0}),
    Load("returnlogic", "create", "create_order", "POST", "/orders", 201, _ORDER_REQUEST),
    Load("returnlogic", "invalid", "create_order", "POST", "/orders", 400, {**_ORDER_REQUEST, "tags": 0}),
    Load("returnmate", "create", "create_return", "POST", "/rmas", 201, RETURN_REQUEST),
    Load(
        "returnmate",
        "update",
        "update_return",
        "PATCH",
        "/rmas/{id}",
        200,
        {"notes": "Seen at the warehouse"},
        in_turn=True,
    ),
    Load(
        "returnmate",
        "invalid",
        "create_return",
        "POST",
        "/rmas",
        400,
        {**RETURN_REQUEST, "items": [{"sku": "X", "quantity": 0}]},
    ),
    Load(
        "swap",
        "update",
        "update_quality_control",
        "POST",
        "/v1/external/quality-control/update",
        200,
        {
            "store_id": "{store}",
            "condition": "Sellable",
            "return_qty": 1,
            "shopify_order_name": "{order}",
            "sku": "{sku}",
        },
        in_turn=True,
    ),
    Load(
        "swap",
        "invalid",
        "update_quality_control",
        "POST",
        "/v1/external/quality-control/update",
        400,
        {"store_id": 0},
    ),
)

LOADS: Final = (*_LISTS, *_WRITES)

_NO_REPORTS: Final = "The API has no reports."
_NOT_COMPUTED: Final = "The API lists no transactions."
MISSING: Final[Mapping[tuple[str, Kind], str]] = {
    ("exsited", "report"): _NO_REPORTS,
    ("exsited", "transactions"): _NOT_COMPUTED,
    ("returngo", "report"): _NO_REPORTS,
    ("returnlogic", "list by update"): "The API can filter returns by their creation only.",
    ("returnlogic", "update"): "The API cannot change anything that it has stored.",
    ("returnlogic", "report"): _NO_REPORTS,
    ("returnlogic", "transactions"): _NOT_COMPUTED,
    ("returnmate", "list by update"): "The API can filter and sort returns by their creation only.",
    ("returnmate", "transactions"): _NOT_COMPUTED,
    ("swap", "create"): "The API can create nothing.",
    ("swap", "report"): _NO_REPORTS,
    ("swap", "transactions"): _NOT_COMPUTED,
}
"""Why a vendor has no load of a kind."""


def load_of(vendor: str, kind: Kind) -> Load:
    """Return the load of a kind for a vendor; raise `LookupError` if the vendor has none."""
    for load in LOADS:
        if (load.vendor, load.kind) == (vendor, kind):
            return load
    raise LookupError(f"{vendor} has no load of the kind {kind!r}.")
