"""Files that people edit and the program rewrites: read as editors write them, written whole."""

from __future__ import annotations

import codecs
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
OWNER_ONLY, OTHERS = 0o600, 0o077
PATIENCE = 10.0  # seconds until a file that another process changes is told to be busy


def encoding(start: bytes) -> str:
    """Return the encoding of a text that begins like this: as its byte order mark says, else UTF-8.

    UTF-16 without a mark is known by its first letter, which has a zero in one of its two bytes.
    """
    marked = next((name for mark, name in MARKS if start.startswith(mark)), None)
    if marked is None and len(start) > 1 and 0 in start[:2]:
        return "utf-16-le" if start[1] == 0 else "utf-16-be"
    return marked or "utf-8"


def decoded(raw: bytes) -> str:
    """Return bytes as text, line ends as they are; raises `ValueError` whose text ends a sentence."""
    try:
        return raw.decode(encoding(raw[:4]))
    except UnicodeDecodeError as problem:
        raise ValueError(
            f"it is not text in UTF-8 (byte {problem.start + 1} does not fit); save it as UTF-8"
        ) from None


def reason(problem: OSError | ValueError) -> str:
    """Return the cause of a failure in the system's words, without its number and the file's name."""
    said = getattr(problem, "strerror", None) or str(problem)
    return f"{said[:1].lower()}{said[1:]}"


def narrow(path: Path) -> None:
    """Let nobody but its owner read a file that holds secrets; one of somebody else stays as it is."""
    if path.stat().st_mode & OTHERS:
        with suppress(OSError):
            path.chmod(OWNER_ONLY)


def target(path: Path) -> Path:
    """Return the file that a path leads to through symbolic links, which stay as they are."""
    return Path(os.path.realpath(path))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes from changing a file; raises `OSError`, or `ConfigurationError` when busy.

    The lock is the operating system's, on a file of its own: it ends with the process, however that ends.
    """
    import sqlite3

    place = target(path)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = place.with_name(f"{place.name}.lock")
    os.close(os.open(beside, os.O_CREAT | os.O_RDWR, OWNER_ONLY))  # tells the cause where SQLite does not
    lock = sqlite3.connect(beside, timeout=PATIENCE, isolation_level=None)
    try:
        lock.execute("begin exclusive")
    except sqlite3.DatabaseError as problem:
        lock.close()
        raise ConfigurationError(
            f"{place} cannot be changed: another process keeps {beside} locked. Try again."
        ) from problem
    try:
        yield
    finally:
        lock.close()


def replace(path: Path, content: str) -> None:
    """Write a file that only its owner can read: it holds all of the content then, or what it held before.

    Raises `OSError`. Who calls this holds the lock.
    """
    place = target(path)
    beside = place.with_name(f"{place.name}.new")
    beside.unlink(missing_ok=True)
    try:
        descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    _settle(place.parent)


def _settle(folder: Path) -> None:
    """Have the new name on the disk, where the system lets a folder be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
