"""Runs an action that vendors share, such as the approval of a return, by the vendor's own action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.errors import ConfigurationError, FieldError, ValidationFailed
from connector.unified.model import UnifiedReturn
from connector.unified.offers import action_offer, action_table

if TYPE_CHECKING:
    from connector.definition.model import SharedAction
    from connector.runtime.connection import Connection


async def act(
    connection: Connection,
    action: SharedAction,
    on: UnifiedReturn | str,
    *,
    text: str | None = None,
    include_assumed: bool = False,
) -> dict[str, Any]:
    """Approve, reject or cancel a return, or add a note to it; return the vendor's record.

        (found,) = (await find_all({"shop": rm}, number="RMA-2026-001234")).returns["shop"]
        await act(rm, "approve", found, text="Checked by hand")

    `on` is the return, or its `id`. `text` is the note, or a comment on the change of the status. Whether
    the return can be approved, rejected or cancelled in its status is decided by the vendor.

    Raises `ConfigurationError` if the vendor has no such action, or if its request is only assumed to exist
    and `include_assumed` is false; `ValidationFailed` if the vendor takes no text, or needs one; and the
    errors of the vendor's own action. `action_offer` says the same without a request.
    """
    made = connection.integration
    title = made.vendor.title
    offer = action_offer(made, action)
    table = action_table(made, action)
    if table is None:
        raise ConfigurationError(f"{title} {offer.why}.")
    if offer.assumed and not include_assumed:
        raise ConfigurationError(
            f"{title} has {table.action}, which is only assumed. Pass include_assumed=True to try it."
        )
    record = on.id if isinstance(on, UnifiedReturn) else on
    if not record or (isinstance(on, UnifiedReturn) and on.vendor != made.vendor.id):
        raise ValidationFailed(
            f"{action} was not run: the return is not one of {title}, or it has no ID.",
            fields=[FieldError("on", "must be a return of this connection, or its ID")],
        )
    inputs = {table.id: record}
    if text is not None and table.text is None:
        raise ValidationFailed(
            f"{action} was not run: {table.action} of {title} takes no text.",
            fields=[FieldError("text", "must be left out")],
        )
    if text is not None and table.text is not None:
        inputs[table.text] = text
    return await connection.actions[table.action](**inputs)
