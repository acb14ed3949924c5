"""Making a connection: what a person types, proved by a request; the name it gets."""

from datetime import datetime
from typing import Any

from support.make.engine import Connected, MakeApp
from support.make.evaluating import as_text, transform
from support.make.forms import filled
from support.make.requests import Json, Wire, built, parsed, refuse


def connect(app: MakeApp, wire: Wire, now: datetime, **typed: Any) -> Connected:
    """Create the app's connection; raises MakeError where the vendor does not take the login."""
    name = next(iter(app.components("connection")))
    parameters = filled(app.code("connection", name, "params"), typed)
    api: Json = app.code("connection", name, "communication")
    context = {"parameters": parameters, "now": now, "common": app.code("connection", name, "common")}
    response = wire.send(built(api, {}, context), api.get("log", {}).get("sanitize", []))
    here = {**context, "body": parsed(response), "statusCode": response.status_code}
    if response.status_code >= 400:
        raise refuse(response, api["response"].get("error"), here)
    kept = transform(api["response"].get("data", {}), here)
    shown = as_text(transform(api["response"]["metadata"]["value"], here))
    return Connected(app, wire, now, {**parameters, **kept}, shown)
