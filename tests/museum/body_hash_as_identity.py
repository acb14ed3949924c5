"""Events are told apart by a hash of their body, so a second event with the same body is swallowed."""

import hashlib
import json
from dataclasses import replace
from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.runtime.polling import Event, Strategy


def hashes_the_body(strategy: Strategy) -> Strategy:
    def digest(event: Event) -> str:
        return hashlib.sha256(json.dumps(event.data, sort_keys=True, default=str).encode()).hexdigest()

    def fold(about: Any, source: Any, cursor: Any, *rest: Any) -> Any:
        poll = strategy.fold(about, source, cursor, *rest)
        seen = list((cursor or {}).get("hashes", []))
        fresh = [event for event in poll.events if digest(event) not in seen]
        known = [*seen, *(digest(event) for event in fresh)]
        return replace(poll, events=tuple(fresh), cursor={**poll.cursor, "hashes": known})

    return replace(strategy, fold=fold)


EXHIBIT = Exhibit(
    cited=("Abilityai/trinity#1422",),
    vendor="swap",
    trigger="quality_control_changed",
    caught_by="nothing_lost",
    polling=Python(strategy=hashes_the_body),
)
