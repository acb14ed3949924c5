"""Generates a new tenant's returns: the same seed, size and first moment always produce the same returns."""

from mock_server.seed.model import (
    Reason,
    RefundStatus,
    ReturnType,
    SeedAddress,
    SeedCustomer,
    SeedItem,
    SeedMove,
    SeedNote,
    SeedRefund,
    SeedReturn,
    SeedScan,
    SeedShipment,
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
    "SeedMove",
    "SeedNote",
    "SeedRefund",
    "SeedReturn",
    "SeedScan",
    "SeedShipment",
    "State",
    "returns",
]
