"""Detects the encoding of text files that users edit, locks these files, and replaces them atomically."""

from __future__ import annotations

import codecs
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, because this mark begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
OWNER_ONLY, OTHERS = 0o600, 0o077
LOCK_TIMEOUT = 10.0  # seconds to wait for another process that changes the file


def encoding(start: bytes) -> str:
    """Detect the encoding of a text file from its first bytes.

    The encoding is determined by the byte order mark. Without a mark it is UTF-16 if one of the first two
    bytes is zero, and UTF-8 otherwise.
    """
    marked = next((name for mark, name in BYTE_ORDER_MARKS if start.startswith(mark)), None)
    if marked is None and len(start) > 1 and 0 in start[:2]:
        return "utf-16-le" if start[1] == 0 else "utf-16-be"
    return marked or "utf-8"


def decode(raw: bytes) -> str:
    """Decode the content of a text file, without changing its line endings.

    Raises `ValueError` if the bytes cannot be decoded. The message is a clause that can follow a colon.
    """
    try:
        return raw.decode(encoding(raw[:4]))
    except UnicodeDecodeError as error:
        raise ValueError(
            f"it is not UTF-8 text (byte {error.start + 1} is invalid); save it as UTF-8"
        ) from None


def reason(error: OSError | ValueError) -> str:
    """Return an error's message with a lower-case first letter, so that it can follow a colon."""
    message = getattr(error, "strerror", None) or str(error)
    return f"{message[:1].lower()}{message[1:]}"


def restrict(path: Path) -> None:
    """Let only the owner access a file, because it contains secrets; do nothing if this is not permitted."""
    if path.stat().st_mode & OTHERS:
        with suppress(OSError):
            path.chmod(OWNER_ONLY)


def target(path: Path) -> Path:
    """Resolve symbolic links in a path, so that `replace` replaces the file and not a link to it."""
    return Path(os.path.realpath(path))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Prevent other processes that use this function from changing a file until the `with` block ends.

    The lock is an SQLite lock on a separate file in the same folder; the operating system releases it if the
    process crashes. Raises `OSError` if the lock file cannot be created, and `ConfigurationError` if another
    process holds the lock for more than ten seconds.
    """
    import sqlite3

    file = target(path)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock_file = file.with_name(f"{file.name}.lock")
    os.close(os.open(lock_file, os.O_CREAT | os.O_RDWR, OWNER_ONLY))  # raises an OSError, unlike SQLite
    lock = sqlite3.connect(lock_file, timeout=LOCK_TIMEOUT, isolation_level=None)
    try:
        lock.execute("begin exclusive")
    except sqlite3.DatabaseError as error:
        lock.close()
        raise ConfigurationError(
            f"{file} cannot be changed: another process keeps {lock_file} locked. Try again."
        ) from error
    try:
        yield
    finally:
        lock.close()


def replace(path: Path, content: str) -> None:
    """Replace a file's content atomically, so that a crash leaves either the old or the new content.

    Only the owner can read the new file. Raises `OSError` if the file cannot be written. Call this only
    within a `locked` block.
    """
    file = target(path)
    temporary = file.with_name(f"{file.name}.new")
    temporary.unlink(missing_ok=True)
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename survives a power failure; do nothing on Windows."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
