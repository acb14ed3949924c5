"""An event whose handler failed does not hold back later events of its record, so the order is wrong."""

from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.errors import ConnectorError
from connector.runtime.runner import Runner


class HoldsNothing(Runner):
    def _postpone(self, state: Any, place: int, record: str, problem: ConnectorError) -> None:
        super()._postpone(state, place, record, problem)
        del state.stuck[record]


EXHIBIT = Exhibit(
    cited=("frain-dev/convoy#1525", "wiremock/wiremock.org#352"),
    vendor="returngo",
    trigger="return_status_changed",
    caught_by="order_per_return",
    polling=Python(runner=HoldsNothing),
)
