"""Generates code that verifies webhook signatures, based on the header in the vendor's specification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PYTHON: Final = """\
import base64, hashlib, hmac

def is_genuine(body: bytes, headers: dict[str, str], secret: str) -> bool:
    digest = hmac.digest(secret.encode(), body, hashlib.sha256)
    expected = {python}
    return hmac.compare_digest(expected, headers["{header}"])
"""
_NODE: Final = """\
import {{ createHmac, timingSafeEqual }} from "node:crypto";

function isGenuine(body, headers, secret) {{
  const expected = createHmac("sha256", secret).update(body).digest("{node}");
  const received = headers["{lower}"] ?? "";
  return received.length === expected.length && timingSafeEqual(Buffer.from(received), Buffer.from(expected));
}}
"""
_SHELL: Final = """\
# body.json contains the body exactly as it was received
openssl dgst -sha256 -hmac "$SECRET" -binary body.json | {shell}
"""
_ENCODINGS: Final = {
    "hex": {"python": "digest.hex()", "node": "hex", "shell": "xxd -p -c 64"},
    "base64": {"python": "base64.b64encode(digest).decode()", "node": "base64", "shell": "base64"},
}


@dataclass(frozen=True, slots=True)
class Signature:
    """The name and description of the header that contains a webhook's signature.

    `code` contains pairs: the name of a programming language, and code in it that verifies the signature.
    """

    header: str
    description: str
    code: tuple[tuple[str, str], ...]


def signature_of(document: Mapping[str, Any], event: str) -> Signature | None:
    """Describe the signature header of an event's webhook.

    Returns None if the specification describes no header that contains an HMAC-SHA256.
    """
    described = document.get("x-webhooks", {}).get(event, {}).get("post", {})
    for parameter in described.get("parameters", ()):
        description = parameter.get("description", "")
        if parameter["in"] == "header" and "HMAC-SHA256" in description:
            encoding = _ENCODINGS["hex" if "hexadecimal" in description else "base64"]
            names = {"header": parameter["name"], "lower": parameter["name"].lower(), **encoding}
            parts = (("Python", _PYTHON), ("Node", _NODE), ("Shell", _SHELL))
            code = tuple((label, text.format(**names)) for label, text in parts)
            return Signature(parameter["name"], description, code)
    return None
