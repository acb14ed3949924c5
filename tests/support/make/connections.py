"""Creating a connection in Make: form values, token request, verification request, name."""

from datetime import datetime
from typing import Any

from support.make.engine import Connected, MakeApp
from support.make.expressions import as_text, transform
from support.make.forms import filled
from support.make.requests import Json, Wire, send_plain


def connect(app: MakeApp, wire: Wire, now: datetime, **typed: Any) -> Connected:
    """Create the app's connection; raise `MakeError` if the vendor refuses the login."""
    name, entry = next(iter(app.components("connection").items()))
    parameters = filled(app.code("connection", name, "params"), typed)
    api: Json = app.code("connection", name, "communication")
    context = {"parameters": parameters, "now": now, "common": app.code("connection", name, "common")}
    steps = [api["token"], api["info"]] if entry["connectionType"] == "oauth" else [api]
    kept: Json = {}
    here: Json = context
    for step in steps:
        here = send_plain(step, wire, {**context, "data": kept, "connection": {**parameters, **kept}})
        kept |= transform(step["response"].get("data", {}), here)
    shown = as_text(transform(steps[-1]["response"]["metadata"]["value"], here))
    return Connected(app, wire, now, {**parameters, **kept}, shown, api.get("refresh"))
