"""Every answer to an operation: the documented ones with their variants, and undocumented ones."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from support.answers.documented import responses
from support.answers.undocumented import Wire, undocumented
from support.answers.variants import variants
from support.answers.vendor import as_json, complete_bodies, secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.answers.documented import Documented

EXAMPLES = min(50, int(os.environ.get("CONTRACT_EXAMPLES", "0")))
"""How many bodies Hypothesis draws for each success besides the variants; 50 in `make contract`."""
SAMPLE = 20
"""The short run serves one of this number of Schemathesis' invalid bodies."""
Origin = Literal["documented", "undocumented"]


@dataclass(frozen=True)
class Served:
    """An answer to serve; `body` and `valid` describe a documented body, else None and False."""

    origin: Origin
    status: int
    kind: str
    place: str
    wire: Wire
    body: Any = None
    valid: bool = False


def answers(name: str, operation: str) -> Iterator[Served]:
    """Yield every answer to an operation: the documented ones with their variants, then the others."""
    known = responses(name)
    for one in known.listed:
        if one.operation == operation:
            yield from documented(name, one)
    success = complete_bodies(name).get(operation)
    for wire in undocumented({} if success is None else success):
        yield Served("undocumented", wire.status, wire.kind, "", wire)


def documented(name: str, one: Documented) -> Iterator[Served]:
    """Yield a documented response with its variants.

    Operations share the schemas of their errors. Variants of an error are therefore served once for each
    schema, and for each operation only in the long run (`make contract`).
    """
    known = responses(name)
    if one.schema is None:
        wire = Wire("binary", one.status, b"%PDF-1.7", {"content-type": one.media_type})
        yield Served("documented", one.status, one.media_type, "", wire)
        return
    body = known.complete(one)
    if one.status < 300:
        body = complete_bodies(name)[one.operation]
    for variant in variants(known.document, one.schema, body):
        if one.status < 300 or one.first or EXAMPLES or variant.kind == "complete":
            wire = Wire(variant.kind, one.status, as_json(variant.body))
            valid = known.values.is_valid(one.name, variant.body)
            yield Served("documented", one.status, variant.kind, variant.place, wire, variant.body, valid)
    if one.status >= 300:
        hostile = with_texts(body, " ".join(secrets(name, one.operation)))
        wire = Wire("the login in every text", one.status, as_json(hostile))
        yield Served("documented", one.status, wire.kind, "", wire)
    elif one.first or EXAMPLES:
        yield from generated(name, one)


def with_texts(value: Any, text: str) -> Any:
    """Return a body with another text in place of each text."""
    if isinstance(value, dict):
        return {key: with_texts(one, text) for key, one in value.items()}
    if isinstance(value, list):
        return [with_texts(one, text) for one in value]
    return text if isinstance(value, str) else value


def generated(name: str, one: Documented) -> Iterator[Served]:
    """Yield the bodies that Schemathesis' coverage phase and Hypothesis generate for a success."""
    known = responses(name)
    values = known.values.boundaries(one.name)
    if not EXAMPLES:  # every valid one, and a sample of the others
        values = [*(v for v in values if v.valid), *[v for v in values if not v.valid][::SAMPLE]]
    for value in (*values, *known.values.drawn(one.name, EXAMPLES)):
        wire = Wire(value.case, one.status, as_json(value.value))
        kind = "Schemathesis, valid" if value.valid else "Schemathesis, invalid"
        yield Served("documented", one.status, kind, value.case, wire, value.value, value.valid)
