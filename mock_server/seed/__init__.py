"""Plausible returns for a new tenant: same seed, first moment and size, same returns on any machine."""

from mock_server.seed.make import returns
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
