"""Addresses of shipping labels: whoever has one may see that label; no other can be guessed.

An address names the parcel, so that it is found by an index, and carries a token made from the instance's
secret, the tenant, the vendor and the parcel. A wrong token costs no look at the store.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

PREFIX = "/labels/"


@dataclass(frozen=True, slots=True)
class Place:
    """What an address names: a tenant's parcel at a vendor."""

    vendor: str
    tenant: str
    shipment: str


@dataclass(frozen=True, slots=True)
class Labels:
    """Makes the addresses of one sandbox, and reads them."""

    key: bytes
    base_url: str

    @classmethod
    def of(cls, secret: bytes, base_url: str) -> Self:
        """Return the labels of a sandbox with this secret, at this URL."""
        return cls(hashlib.sha256(b"labels\0" + secret).digest(), base_url)

    def address(self, vendor: str, tenant: str, shipment: str) -> str:
        """Return where the label of a parcel can be fetched."""
        token = self._token(Place(vendor, tenant, shipment))
        return f"{self.base_url}{PREFIX}{vendor}/{tenant}/{quote(shipment, safe='')}/{token}.pdf"

    def read(self, path: str) -> Place | None:
        """Return what a path (decoded) names; None for one that is no address of ours."""
        parts = path.removeprefix(PREFIX).split("/")
        if not path.startswith(PREFIX) or len(parts) != len(Place.__slots__) + 1:
            return None
        *named, token = parts
        place = Place(*named)
        expected = f"{self._token(place)}.pdf"
        return place if hmac.compare_digest(token.encode("utf-8", "replace"), expected.encode()) else None

    def _token(self, place: Place) -> str:
        named = f"{place.vendor}\0{place.tenant}\0{place.shipment}".encode("utf-8", "replace")
        return base64.b32encode(hmac.digest(self.key, named, "sha256")[:15]).decode().lower()
