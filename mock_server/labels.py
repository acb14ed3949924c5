"""Builds and verifies shipping label URLs, which need no credentials because they cannot be guessed.

A URL contains the vendor, the tenant, the shipment and a token. The token is an HMAC of the other three parts
with a key derived from the sandbox's secret. A wrong token is rejected without a database query.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Self
from urllib.parse import quote, unquote

PREFIX = "/labels/"
_HIDDEN = "urn:returns-sandbox:label:"


@dataclass(frozen=True, slots=True)
class LabelTarget:
    """The parts of a label URL that identify a shipment: vendor, tenant and the shipment's ID."""

    vendor: str
    tenant: str
    shipment: str


@dataclass(frozen=True, slots=True)
class Labels:
    """Builds and verifies the label URLs of one sandbox."""

    key: bytes
    base_url: str

    @classmethod
    def of(cls, secret: bytes, base_url: str) -> Self:
        """Create an instance for a base URL; the signing key is derived from the sandbox's secret."""
        return cls(hashlib.sha256(b"labels\0" + secret).digest(), base_url)

    def address(self, vendor: str, tenant: str, shipment: str) -> str:
        """Build the URL of a shipment's label."""
        token = self._token(LabelTarget(vendor, tenant, shipment))
        return f"{self.base_url}{PREFIX}{vendor}/{tenant}/{quote(shipment, safe='')}/{token}.pdf"

    def moved(self, text: bytes, vendor: str, tenant: str, other: str) -> bytes:
        """Replace the label URLs of `tenant` in a vendor's document with those of the tenant `other`."""
        return _replace(text, vendor, tenant, partial(self.address, vendor, other))

    def hidden(self, text: bytes, vendor: str, tenant: str) -> bytes:
        """Return a copy of a vendor's document with a placeholder for each label URL of `tenant`.

        A label URL contains a token with which everyone can open the label, so an export does not contain it.
        """
        return _replace(
            text, vendor, tenant, lambda shipment: f"{_HIDDEN}{vendor}:{quote(shipment, safe='')}"
        )

    def shown(self, text: bytes, vendor: str, tenant: str) -> bytes:
        """Replace the placeholders that `hidden` inserted with the label URLs of `tenant`."""
        if _HIDDEN.encode() not in text:
            return text
        pattern = f'{_HIDDEN}{vendor}:([^"\\s]+)'.encode()
        return re.sub(
            pattern, lambda found: self.address(vendor, tenant, unquote(found[1].decode())).encode(), text
        )

    def read(self, path: str) -> LabelTarget | None:
        """Return the shipment that a label's URL path identifies, or None if the path or token is not valid.

        `path` is percent-decoded.
        """
        parts = path.removeprefix(PREFIX).split("/")
        if not path.startswith(PREFIX) or len(parts) != len(LabelTarget.__slots__) + 1:
            return None
        *names, token = parts
        target = LabelTarget(*names)
        expected = f"{self._token(target)}.pdf"
        return target if hmac.compare_digest(token.encode("utf-8", "replace"), expected.encode()) else None

    def _token(self, target: LabelTarget) -> str:
        message = f"{target.vendor}\0{target.tenant}\0{target.shipment}".encode("utf-8", "replace")
        return base64.b32encode(hmac.digest(self.key, message, "sha256")[:15]).decode().lower()


def _replace(text: bytes, vendor: str, tenant: str, replacement: Callable[[str], str]) -> bytes:
    """Replace each label URL of `tenant` in a document with the result of `replacement(shipment_id)`."""
    if PREFIX.encode() not in text:
        return text
    pattern = rf'https?://[^"\s]+?{PREFIX}{vendor}/{re.escape(tenant)}/([^"/\s]+)/\w+\.pdf'
    return re.sub(pattern.encode(), lambda found: replacement(unquote(found[1].decode())).encode(), text)
