"""A bare Starlette application with hand-written routes, which answers with the bytes of the sandbox.

It checks the login and validates the body of a create, and does nothing else: it stores nothing, and computes
no response. The benchmark uses it as the limit of what a Python application can reach.
"""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import openapi

_JSON = "application/json"


def create() -> Starlette:
    """Create the application with the responses in the file that the variable `BENCH_RECORDED` names."""
    ready: dict[str, Any] = json.loads(Path(os.environ["BENCH_RECORDED"]).read_text())
    bodies = {kind: one["body"].encode() for kind, one in ready.items()}
    known = ready["one"]["path"].rpartition("/")[2]
    login = ready["list"]["login"]
    document = openapi.read("returnmate")
    schema = {"$ref": "#/components/schemas/CreateReturn", "components": document["components"]}
    validator = jsonschema_rs.Draft4Validator(schema)

    def refused(request: Request) -> Response | None:
        if request.headers.get("authorization") == login:
            return None
        return Response(bodies["unauthorized"], 401, media_type=_JSON)

    async def list_returns(request: Request) -> Response:
        return refused(request) or Response(bodies["list"], media_type=_JSON)

    async def create_return(request: Request) -> Response:
        if answer := refused(request):
            return answer
        if not validator.is_valid(orjson.loads(await request.body())):
            return Response(bodies["invalid"], 400, media_type=_JSON)
        return Response(bodies["create"], 201, media_type=_JSON)

    async def get_return(request: Request) -> Response:
        if answer := refused(request):
            return answer
        if request.path_params["id"] != known:
            return Response(bodies["unknown"], 404, media_type=_JSON)
        return Response(bodies["one"], media_type=_JSON)

    return Starlette(
        routes=[
            Route("/rmas", list_returns),
            Route("/rmas", create_return, methods=["POST"]),
            Route("/rmas/{id}", get_return),
        ]
    )
