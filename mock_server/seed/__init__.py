"""Generates a new tenant's returns.

The same seed, number of returns and first moment always produce the same returns. The first moment is the
time at which the tenant's clock starts.
"""

from mock_server.seed.model import (
    Reason,
    RefundStatus,
    ReturnType,
    SeedAddress,
    SeedCustomer,
    SeedItem,
    SeedLine,
    SeedMove,
    SeedNote,
    SeedOrder,
    SeedRefund,
    SeedReturn,
    SeedScan,
    SeedShipment,
    SeedShop,
    State,
)
from mock_server.seed.returns import returns

__all__ = [
    "Reason",
    "RefundStatus",
    "ReturnType",
    "SeedAddress",
    "SeedCustomer",
    "SeedItem",
    "SeedLine",
    "SeedMove",
    "SeedNote",
    "SeedOrder",
    "SeedRefund",
    "SeedReturn",
    "SeedScan",
    "SeedShipment",
    "SeedShop",
    "State",
    "returns",
]
