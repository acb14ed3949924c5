"""Reads and edits the `profiles.toml` file, which has a `[<vendor>.<name>]` section for each profile."""

from __future__ import annotations

import re
import tomllib
from contextlib import contextmanager
from datetime import date, time
from typing import TYPE_CHECKING, Any

from connector.errors import ConfigurationError
from connector.profiles import text_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

KINDS = {
    str: "a string",
    date: "a date",
    time: "a time",
    bool: "yes or no",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a section",
}


class ProfileFile:
    """A profiles file. All methods raise `ConfigurationError` if the file cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Any]:
        """Parse the file, or return an empty dictionary if the file does not exist."""
        text = self._text()
        try:
            return tomllib.loads(text)
        except ValueError as error:
            raise ConfigurationError(self._unreadable(error)) from error

    def section(self, vendor: str) -> dict[str, dict[str, str]]:
        """Return the fields of a vendor's profiles, keyed by profile name.

        Raises `ConfigurationError` if a profile is not a section, or if a value in it is not a string.
        """
        profiles = self.read().get(vendor, {})
        if not isinstance(profiles, dict):
            raise ConfigurationError(
                f"{vendor} in {self.path} is {_kind(profiles)}; write a profile as a section "
                f"[{vendor}.default]."
            )
        for name, values in profiles.items():
            if not isinstance(values, dict):
                raise ConfigurationError(
                    f"{name} is directly below [{vendor}] in {self.path}; move it into a profile such as "
                    f"[{vendor}.default]."
                )
            for key, value in values.items():
                if not isinstance(value, str):
                    raise ConfigurationError(
                        f"{key} of [{vendor}.{name}] in {self.path} is {_kind(value)} and must be a string; "
                        "put it in quotes."
                    )
        return profiles

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Prevent other processes from changing the file until the `with` block ends.

        Read the file within the same block as the call of `put`, so that no other process's change is lost.
        """
        try:
            with text_files.locked(self.path):
                yield
        except OSError as error:
            raise ConfigurationError(
                f"The profiles file {self.path} cannot be written: {text_files.reason(error)}."
            ) from error

    def put(self, vendor: str, name: str, values: Mapping[str, str]) -> None:
        """Write a profile to the file, keeping comments, other profiles and all other content unchanged.

        Raises `ConfigurationError` if a value is not valid Unicode, or if the profile cannot be written
        without changing other content.
        """
        for key, value in values.items():
            if not _is_utf_8(value):
                raise ConfigurationError(
                    f"{key} contains characters that cannot be stored as text; nothing was saved."
                )
        text = self._text()
        expected = tomllib.loads(text, parse_float=str)
        expected.setdefault(vendor, {})[name] = dict(values)
        # tomlkit keeps comments, but edits some layouts of nested tables incorrectly. The edited text is
        # therefore parsed again, and used only if its content is exactly as intended.
        attempts = (_edit(text, vendor, name, values, inline=inline) for inline in (False, True))
        edited = next((attempt for attempt in attempts if _parses_to(attempt, expected)), None)
        if edited is None:
            raise ConfigurationError(
                f"The profile cannot be written to {self.path} without changing other content; write the "
                f"profiles of {vendor} as sections [{vendor}.NAME]."
            )
        text_files.replace(self.path, re.sub(r"(?<!\r)\n", "\r\n", edited) if "\r\n" in text else edited)

    def _text(self) -> str:
        try:
            raw = self.path.read_bytes()
            text_files.restrict(self.path)
            return text_files.decode(raw)
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            raise ConfigurationError(self._unreadable(error)) from error

    def _unreadable(self, error: OSError | ValueError) -> str:
        return f"The profiles file {self.path} cannot be read: {text_files.reason(error)}."


def _kind(value: object) -> str:
    return next(word for kind, word in KINDS.items() if isinstance(value, kind))


def _is_utf_8(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # a lone surrogate, as Python decodes bytes in variables that are not UTF-8
        return False
    return True


def _edit(text: str, vendor: str, name: str, values: Mapping[str, str], *, inline: bool) -> str:
    """Add or replace a profile in a TOML document; return "" if this is impossible.

    A new profile is written as an inline table if `inline` is true, and as a section otherwise.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    document: Any = tomlkit.parse(text)
    try:
        if vendor not in document:
            document[vendor] = tomlkit.table(is_super_table=True)
        if name not in document[vendor]:
            document[vendor][name] = tomlkit.inline_table() if inline else tomlkit.table()
        entries = document[vendor][name]
        for key in [key for key in entries if key not in values]:
            del entries[key]
        for key, value in values.items():
            if entries.get(key) != value:
                entries[key] = value
        return tomlkit.dumps(document)
    except (TOMLKitError, ValueError):  # a section cannot be added to an inline table
        return ""


def _parses_to(text: str, expected: Mapping[str, Any]) -> bool:
    """Check whether parsing a TOML document results in `expected`.

    Floats are compared as strings, because nan does not equal nan.
    """
    try:
        return tomllib.loads(text, parse_float=str) == expected
    except ValueError:
        return False
