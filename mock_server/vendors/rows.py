"""Stores a vendor's returns with the vendor-neutral states that correspond to their statuses."""

from typing import Any

from mock_server.lifecycle import Lifecycle
from mock_server.store import Change


def put_return(
    change: Change,
    tenant: str,
    vendor: str,
    lifecycle: Lifecycle,
    document: dict[str, Any],
    *,
    id_: str,
    status: str,
    created_at: int,
    updated_at: int,
    **columns: Any,
) -> None:
    """Store a return's current document, with the vendor-neutral state for the vendor's `status`.

    `created_at` and `updated_at` are in microseconds since the Unix epoch. `columns` are further keyword
    arguments of `Change.put_document`, such as `order_number`.
    """
    change.put_document(
        tenant,
        vendor,
        "return",
        id_,
        document,
        created_at=created_at,
        updated_at=updated_at,
        status=status,
        state=lifecycle.states[status],
        **columns,
    )
