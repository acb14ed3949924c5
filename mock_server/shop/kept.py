"""Stores the shops from which tenants are created; equal shops are stored only once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import orjson
import sqlalchemy as sa

from mock_server.store import Change, Store, tables

if TYPE_CHECKING:
    from mock_server.shop.model import Shop

_TABLE: Final = tables.shops


def keep(change: Change, store: Store, shop: Shop) -> str:
    """Store a shop, unless it is stored already, and return its ID."""
    id_ = shop_id(shop)
    if not store.select(sa.select(_TABLE.c.id).where(_TABLE.c.id == id_)):
        change.run(sa.insert(_TABLE).values(id=id_, content=_content(shop)))
    return id_


def shop_id(shop: Shop) -> str:
    """Compute a shop's ID, which is a hash of its content."""
    return hashlib.blake2s(_content(shop), digest_size=16).hexdigest()


def _content(shop: Shop) -> bytes:
    return orjson.dumps(shop.model_dump(mode="json", exclude_defaults=True))


def kept(store: Store, id_: str) -> Shop | None:
    """Return a stored shop, or None if the ID is ""; raise `LookupError` if there is no such shop."""
    if not id_:
        return None
    from mock_server.shop.model import Shop

    for (content,) in store.select(sa.select(_TABLE.c.content).where(_TABLE.c.id == id_)):
        return Shop.model_validate(orjson.loads(content))
    raise LookupError(f"No shop has the id {id_}.")


def drop_unused(change: Change) -> None:
    """Delete the shops that no tenant uses; call this when no tenant is being created."""
    used = sa.select(tables.tenants.c.shop)
    change.run(sa.delete(_TABLE).where(_TABLE.c.id.not_in(used)))
