"""The goods and services tax that the prices of generated orders include."""

from decimal import Decimal
from typing import Final

_PARTS: Final = {"AUD": (1, 11), "NZD": (3, 23)}
"""The part of a price that is tax, as numerator and denominator, keyed by currency. With 10 % tax, this part
is 1/11; with 15 % tax, it is 3/23."""


def included_tax(price: Decimal, currency: str) -> Decimal:
    """Compute the tax that is included in a price, without rounding.

    Prices in currencies other than Australia's and New Zealand's are taxed as in Australia, because that is
    where the generated shops are.
    """
    part, whole = _PARTS.get(currency, _PARTS["AUD"])
    return price * part / whole
