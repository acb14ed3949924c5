"""How long and how often the benchmark measures: the full run, and the quick one for daily use."""

from dataclasses import dataclass
from typing import Final

import openapi


@dataclass(frozen=True)
class Plan:
    """The extent of a run.

    `seconds` is how long each request is sent, `rounds` how often each figure is measured. `connections`,
    `sizes` (returns of each vendor) and `tenants` are the values that are compared.
    `hub_connections` is the number of connections of the part `hub_load`, in which one change comes to each
    within `hub_seconds`. `vendors` are the vendors of the parts `vendors` and `sizes`.
    """

    rounds: int = 3
    seconds: float = 3
    connections: tuple[int, ...] = (1, 16, 64)
    sizes: tuple[int, ...] = (150, 20_000, 100_000)
    tenants: tuple[int, ...] = (1, 100, 1_000)
    calls: int = 300
    """How often a call of the connector is repeated in one round."""
    memory_connections: int = 1_000
    hub_connections: int = 1_000
    hub_seconds: float = 600
    vendors: tuple[str, ...] = tuple(openapi.vendors())
    quick: bool = False


FULL: Final = Plan()
QUICK: Final = Plan(
    rounds=2,
    seconds=1,
    connections=(16,),
    sizes=(150, 2_000),
    tenants=(1, 20),
    calls=50,
    memory_connections=100,
    hub_connections=100,
    hub_seconds=60,
    vendors=("returnmate",),
    quick=True,
)
