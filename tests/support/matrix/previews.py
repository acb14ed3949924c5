"""Which cells of the matrix play previews: steps of which a request is only assumed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from connector.definition.action_guarantees import ZAPIER_RISKS
from connector.definition.compiler import integration
from connector.definition.instant import is_instant
from connector.definition.model import Action, Integration, Runtime, Search, Trigger
from connector.definition.offer import offered
from support.matrix.adapter import Adapter, Offered
from support.matrix.scenarios import Scenario

Step = Trigger | Action | Search


@dataclass(frozen=True)
class _Catalog:
    offer: Integration


@dataclass(frozen=True)
class _Shown:
    """What a runtime offers, without starting it: the part of `Adapter` that needs read."""

    runtime: Runtime
    shop: _Catalog

    def offered(self, what: Offered) -> frozenset[str]:
        steps: Mapping[str, Any] = getattr(self.shop.offer, what)
        return frozenset(key for key, one in steps.items() if self._has(one))

    def _has(self, step: Any) -> bool:
        if isinstance(step, Trigger):
            return self.runtime in step.guarantees and not is_instant(step)
        return not (self.runtime == "zapier" and isinstance(step, Action) and step.risk not in ZAPIER_RISKS)

    def form(self, what: Offered, key: str) -> frozenset[str]:
        return frozenset(one.key for one in getattr(self.shop.offer, what)[key].inputs)

    def hooked(self) -> frozenset[str]:
        return frozenset(key for key, one in self.shop.offer.triggers.items() if is_instant(one))


@cache
def _offer(vendor: str, runtime: str) -> Integration:
    made = integration(vendor)
    return made if runtime == "python" else offered(made, "preview")


def previews(vendor: str, runtime: Runtime, scenario: Scenario) -> Sequence[str]:
    """Return the keys of the previews that a scenario plays at a vendor in a runtime."""
    offer = _offer(vendor, runtime)
    shown = cast("Adapter", _Shown(runtime, _Catalog(offer)))
    steps: dict[str, Step] = {**offer.triggers, **offer.actions, **offer.searches}
    return [key for key in scenario.need(shown) if key in steps and steps[key].preview]
