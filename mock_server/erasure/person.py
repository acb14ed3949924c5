"""`Person`: finds one customer's personal data in JSON documents, and replaces it.

Fields with names, addresses and phone numbers are recognized by the names of the fields, which are similar
for all vendors. A value that is found in a document with the customer's e-mail address is also replaced in
free text, such as notes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK: Final = "Erased"
"""The replacement for names, addresses and phone numbers."""
_NAME: Final = re.compile(
    r"(customer|account|shopper|recipient|contact|buyer|sender|first|last|given|family)_?name", re.IGNORECASE
)
_PLAIN_NAME: Final = re.compile(r"name", re.IGNORECASE)
_PERSON: Final = re.compile(
    r"customer|address|billing|shipping|shopper|recipient|contact|buyer", re.IGNORECASE
)
_MERCHANT: Final = re.compile(r"return_?address|store|warehouse|destination|location", re.IGNORECASE)
_PHONE: Final = re.compile(r".*(phone|mobile)(_?number)?", re.IGNORECASE)
_STREET: Final = re.compile(
    r".*(street|address_?(line_?)?\d)(_?\d)?|line_?\d|address_?line_?\d|address", re.IGNORECASE
)
_PLACE: Final = re.compile(
    r"(.*address_?)?(city|suburb|town|zip|zip_?code|postcode|postal_?code|region|state|province)",
    re.IGNORECASE,
)
_OTHER: Final = re.compile(r".*national_?id|.*latitude|.*longitude", re.IGNORECASE)
_EMAIL: Final = re.compile(r".*e_?mail.*", re.IGNORECASE)
_BEGINS: Final = r"(?:(?<![\w.+-])|(?<=%[0-9a-f]{2}))"
_SHORTEST: Final = 4
"""Minimum length of a name, street or phone number, in characters, for it to be replaced in free text."""


class Person:
    """The personal data of the customer with the address `email`; `mark` is the address that replaces it."""

    def __init__(self, email: str, mark: str) -> None:
        self.email = email.lower()
        self.mark = mark
        self._values: set[str] = set()
        forms = "|".join(map(re.escape, sorted({email, quote(email), quote(email, safe="")})))
        # Not a part of a longer address, such as jordan@example.com for dan@example.com.
        self._address = re.compile(rf"{_BEGINS}(?:{forms})(?![\w-]|\.\w)", re.IGNORECASE)
        self._texts: re.Pattern[str] | None = None

    def is_in(self, text: str) -> bool:
        """Return True if a text contains the customer's e-mail address, in upper or lower case letters."""
        return self._address.search(text) is not None

    def learn(self, value: Any, parent: str = "") -> None:
        """Remember the names, streets and phone numbers in a document with the customer's e-mail address.

        `parent` is the name of the field that contains `value`, or "" for a whole document.
        """
        for name, member in self._own_members(value, parent):
            if isinstance(member, str) and _is_identifying(name, parent) and len(member) >= _SHORTEST:
                self._values.add(member)
        for name, member in _members(value):
            self.learn(member, name or parent)
        self._texts = None

    def erased(self, value: Any, *, own: bool, parent: str = "") -> Any:
        """Copy a JSON value without the customer's data.

        If `own` is True, the document belongs to the customer, so all fields with personal data are replaced.
        Otherwise, only the e-mail address and the values that `learn` has found are replaced. `parent` is the
        name of the field that contains `value`, or "" for a whole document.
        """
        if isinstance(value, str):
            return self.erased_text(value)
        if isinstance(value, list):
            return [self.erased(member, own=own, parent=parent) for member in value]
        if not isinstance(value, dict):
            return value
        personal = {name for name, _ in self._own_members(value, parent) if own}
        return {
            self.erased_text(name): (
                MARK
                if member and isinstance(member, str) and name in personal and _is_personal(name, parent)
                else self.erased(member, own=own, parent=name)
            )
            for name, member in value.items()
        }

    def erased_text(self, text: str) -> str:
        """Replace the e-mail address, and the names, streets and phone numbers that `learn` has found."""
        text = self._address.sub(self.mark, text)
        if not self._values:
            return text
        if self._texts is None:
            values = sorted(self._values, key=len, reverse=True)
            self._texts = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, values))})(?!\w)", re.IGNORECASE)
        return self._texts.sub(MARK, text)

    def erased_address(self, text: str) -> str:
        """Replace the e-mail address, and no other data."""
        return self._address.sub(self.mark, text)

    def _own_members(self, value: Any, parent: str) -> Iterator[tuple[str, Any]]:
        """Yield the members of a JSON object in the field `parent`, if they can be about the customer.

        Yields nothing if the object has another person's e-mail address, or describes the merchant.
        """
        if not isinstance(value, dict) or _MERCHANT.search(parent):
            return
        others = (
            member
            for name, member in value.items()
            if isinstance(member, str) and "@" in member and _EMAIL.fullmatch(name)
        )
        if all(self.is_in(member) for member in others):
            yield from value.items()


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from (("", member) for member in value)


def _is_name(name: str, parent: str) -> bool:
    return bool(_NAME.fullmatch(name) or (_PLAIN_NAME.fullmatch(name) and _PERSON.search(parent)))


def _is_identifying(name: str, parent: str) -> bool:
    """Return True if a field contains a name, phone number or street, each of which identifies a person."""
    return bool(_is_name(name, parent) or _PHONE.fullmatch(name) or _STREET.fullmatch(name))


def _is_personal(name: str, parent: str) -> bool:
    if _is_identifying(name, parent) or _OTHER.fullmatch(name):
        return True
    return bool(_PLACE.fullmatch(name)) and bool(_PERSON.search(parent) or _PERSON.search(name))
