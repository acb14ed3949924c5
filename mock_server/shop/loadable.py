"""Removes the records that make an exported shop invalid.

A vendor's API accepts orders and returns that are invalid in a shop, such as an order of -1 units.
"""

import re
from functools import lru_cache
from typing import Any, Final

from mock_server.engine.schema import Schemas, Validator
from mock_server.shop.checking import check, read_shop, schema
from mock_server.shop.mistakes import ShopError

_KINDS: Final = {
    "products": "ShopProduct",
    "customers": "ShopCustomer",
    "orders": "ShopOrder",
    "returns": "ShopReturn",
}
_RECORD: Final = re.compile(r"(products|customers|orders|returns)\[(\d+)\]")


def loadable(shop: dict[str, Any], start: int) -> tuple[dict[str, Any], int]:
    """Return the shop without its invalid records, and the number of records that were removed.

    A tenant whose clock starts at `start` (µs) can be created from the result.
    """
    before = _size(shop)
    shop = {**shop, **{kind: [one for one in shop[kind] if _fits(kind, one)] for kind in _KINDS}}
    while wrong := _wrong(shop, start):
        shop = {
            **shop,
            **{
                kind: [one for place, one in enumerate(shop[kind]) if (kind, place) not in wrong]
                for kind in _KINDS
            },
        }
    return shop, before - _size(shop)


def _wrong(shop: dict[str, Any], start: int) -> set[tuple[str, int]]:
    """Return the invalid records, each as the name of its list and its index in the list."""
    try:
        check(read_shop(shop), start)
    except ShopError as error:
        found = (_RECORD.match(mistake.path) for mistake in error.mistakes)
        wrong = {(match[1], int(match[2])) for match in found if match}
        if not wrong:
            raise
        return wrong
    return set()


def _fits(kind: str, record: Any) -> bool:
    return _validator(_KINDS[kind]).is_valid(record)


@lru_cache(maxsize=len(_KINDS))
def _validator(name: str) -> Validator:
    schemas = schema()
    return Schemas({"components": {"schemas": schemas}}).validator(schemas[name], "request")


def _size(shop: dict[str, Any]) -> int:
    return sum(len(shop[kind]) for kind in _KINDS)
