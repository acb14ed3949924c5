"""Stores a shop's records at one vendor."""

from mock_server import vendors
from mock_server.shop.layout import lay_out
from mock_server.shop.mistakes import Mistakes, ShopError
from mock_server.shop.model import Shop
from mock_server.store import Change
from mock_server.vendors import Vendor


def write_shop(change: Change, tenant: str, vendor: Vendor, shop: Shop, start: int) -> None:
    """Store the products, customers, orders and returns of a shop at one vendor.

    The tenant's clock starts at `start` (µs). Raises `ShopError` if a record is invalid at this vendor.
    """
    mistakes = Mistakes()
    seed_shop, returns = lay_out(shop, vendor.name, vendors.shop_words(vendor.name), start, mistakes)
    if mistakes.noted:
        raise ShopError(mistakes.noted)
    vendor.write_shop(change, tenant, seed_shop, start)
    vendor.write_seed(change, tenant, returns, start)
