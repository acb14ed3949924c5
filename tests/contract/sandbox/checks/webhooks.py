"""Webhook deliveries match the document's `x-webhooks`."""

from typing import Any

import orjson
import schemathesis
from contract.sandbox.checks.exchange import exchange
from schemathesis import Case, CheckContext, Response
from support.json_schemas import webhook_errors

from mock_server import vendors
from mock_server.clock import whole_second

SECRET = "example-secret-of-at-least-32-letters"


@schemathesis.check
def deliveries_match_x_webhooks(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Each queued delivery has a documented event, the time of the request, and a payload of its schema."""
    found = exchange(case, response)
    format_ = vendors.webhooks_of(found.served.vendor) if found and found.seen.changes.deliveries else None
    if found is None or format_ is None:
        return
    documented = found.document.raw["x-webhooks"]
    for delivery in found.seen.changes.deliveries:
        body = format_.sign(delivery.event, delivery.body, SECRET, found.seen.at, "nonce").body
        names = [
            name for name in documented if name == delivery.event or name.startswith(f"{delivery.event}.v")
        ]
        problems = {name: webhook_errors(found.served.vendor, name, orjson.loads(body)) for name in names}
        assert problems, f"The event {delivery.event} is not documented."
        assert not all(problems.values()), f"The payload of {delivery.event} is not as documented: {problems}"
        assert whole_second(delivery.at) == whole_second(found.seen.at), f"{delivery.event} has another time."
