"""Models of a catalog's `webhooks` section, which describes how a vendor's webhooks are verified and read.

The classes have the same structure as the section in the catalog. A path is written with dots, and is
relative to the body of the request unless a class says otherwise. `connector.webhooks` executes the
section.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator
from pydantic import Field as PydanticField

from connector.definition.model.dotted import DottedPath
from connector.definition.model.fields import FrozenModel, Provenance
from connector.definition.model.unified import EventKind, ReturnTable


class BodySignature(FrozenModel):
    """An HMAC-SHA256 of the body in `header`, with the webhook's secret as the key.

    If `optional` is true, it is checked only if the header is there, because another signature is always
    there.
    """

    header: Annotated[str, AfterValidator(str.lower)]
    encoding: Literal["hex", "base64"]
    optional: bool = False
    provenance: Provenance = "documented"


class BodyToken(FrozenModel):
    """A JSON Web Token (HS256) at the path `at`, with the webhook's secret as the key.

    `event` is the claim that names the event. `claims` maps further claims to fields of the record that
    must be equal, so that the token of one record is refused with another.
    """

    at: DottedPath
    event: str
    claims: Mapping[str, DottedPath] = {}
    provenance: Provenance = "documented"


class WebhookEvent(FrozenModel):
    """One event of the vendor: its common event type, and the table of `returns` that reads its record.

    Without `table`, or if the record is not a return, the event has no record in the common model.
    """

    kind: EventKind
    table: str | None = None


class Webhooks(FrozenModel):
    """The `webhooks` section: how one vendor's webhooks are verified and converted to the common model.

    `provenance` states whether the bodies are documented. `event` is the path of the event's name, unless
    the token names it. `id` lists the paths that together identify the event, in the body or, if it is
    missing there, in the record. The record is at the first path of `record` that leads to an object;
    without any, it is the body. `renamed` maps names of fields in webhooks to the names in the API.
    `returns` contains tables in addition to those of `unified.returns`. If the vendor does not sign its
    webhooks, `unsigned` says so, and what to do instead.
    """

    provenance: Provenance
    event: DottedPath | None = None
    id: Annotated[tuple[DottedPath, ...], PydanticField(min_length=1)]
    occurred_at: DottedPath | None = None
    signature: BodySignature | None = None
    token: BodyToken | None = None
    unsigned: str | None = None
    record: tuple[DottedPath, ...] = ()
    renamed: Mapping[str, str] = {}
    returns: Mapping[str, ReturnTable] = {}
    events: Annotated[Mapping[str, WebhookEvent], PydanticField(min_length=1)]

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if (self.event is None) == (self.token is None):
            raise ValueError("the event is named either at `event` or by `token`")
        if bool(self.unsigned) == bool(self.signature or self.token):
            raise ValueError("a vendor has a `signature` or a `token`, or is `unsigned`")
        return self
