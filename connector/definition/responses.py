"""Reads all documented responses of an operation; `Operation` contains only the successful one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.model import FrozenModel
from connector.definition.model.api import JSON
from connector.definition.model.fields import Field, Provenance  # noqa: TC001 - pydantic reads the annotations

if TYPE_CHECKING:
    from connector.definition.document import Spec
    from connector.definition.model import Operation


class Response(FrozenModel):
    """One documented response of an operation.

    `status` is the key in the specification: a status code, a range such as `4XX`, or `default`. `media_type`
    is "" and `body` is None if the response has no body; `body` is also None if it is not JSON.
    """

    status: str
    media_type: str
    body: Field | None
    provenance: Provenance


def documented(spec: Spec, operation: Operation) -> dict[str, Response]:
    """Return the responses that the specification lists for an operation, keyed by status."""
    item = spec.resolve(spec.document["paths"][operation.path], operation.path)
    raw = item[operation.method.lower()].get("responses", {})
    return {str(status): _response(spec, operation, str(status), node) for status, node in raw.items()}


def matching(responses: dict[str, Response], status: int) -> Response | None:
    """Return the documented response for a status code, or None if the specification has none.

    A response for the exact status comes before one for a range such as `4XX`, and `default` comes last.
    """
    keys = (str(status), f"{str(status)[0]}XX", "default")
    return next((responses[key] for key in keys if key in responses), None)


def _response(spec: Spec, operation: Operation, status: str, raw: object) -> Response:
    where = f"{operation.id}.responses.{status}"
    node = spec.resolve(raw, where)
    provenance = spec.provenance_of(node, operation.provenance, where)
    if not node.get("content"):
        return Response(status=status, media_type="", body=None, provenance=provenance)
    media_type, media = spec.media(node, where)
    schema = media.get("schema", {})
    body = spec.field("response", schema, f"{where}.schema", provenance) if media_type == JSON else None
    return Response(status=status, media_type=media_type, body=body, provenance=provenance)
