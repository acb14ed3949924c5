"""Plausible returns for a new tenant: same seed, first moment and size, same returns on any machine."""

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
