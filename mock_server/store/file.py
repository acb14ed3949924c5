"""Makes the database file private to its owner, and detects when it is deleted or replaced."""

import os
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE

from mock_server.store.model import StoreError

_PRIVATE = 0o600
_LOG = "-wal"
FileIdentity = tuple[int, int, int]
"""The device, inode and size of a file."""


def create(path: str) -> bool:
    """Create an empty file that only its owner can access; return False if the file already exists.

    Raises `OSError` if the file cannot be created.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, _PRIVATE))
    except FileExistsError:
        return False
    return True


def make_private(path: str) -> None:
    """Make a database file and SQLite's auxiliary files (`-wal`, `-shm`) accessible only to their owner.

    Files whose permissions cannot be changed, such as files owned by another user, are skipped.
    """
    for suffix in ("", _LOG, "-shm"):
        file = Path(path + suffix)
        with suppress(OSError):  # the file is missing, or belongs to another user
            if S_IMODE(file.stat().st_mode) != _PRIVATE:
                file.chmod(_PRIVATE)


class Watch:
    """Detects when the database file or its write-ahead log is deleted, replaced or truncated.

    A process can still write to a deleted file that it has open, but the data is lost when the process ends.
    The sandbox must therefore not confirm changes after the file was deleted. If `path` is "" (a database in
    memory), nothing is checked.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._known: dict[str, FileIdentity] = {}
        self._names = (path, path + _LOG) if path else ()
        self._fault = ""
        self.check()

    def check(self) -> None:
        """Raise `StoreError` if the file or its log was deleted, replaced or truncated since it was opened.

        Once a check has failed, all later checks fail too.
        """
        if not self._fault:
            for name in self._names:
                self._check_file(name)
        if self._fault:
            raise StoreError(self._fault)

    def renew(self) -> None:
        """Record the files' current sizes. Call this after the store itself has truncated the files."""
        self._known.clear()
        self.check()

    def fail(self, error: Exception) -> None:
        """Make all later checks fail; `error` is the error that was raised when reading the database."""
        self._fault = self._fault or (
            f"The database {self._path or 'in memory'} can no longer be read ({error}); nothing is stored "
            "until the sandbox is restarted."
        )

    def _check_file(self, name: str) -> None:
        known = self._known.get(name)
        try:
            now = os.stat(name)  # noqa: PTH116 - Path.stat takes twice as long, and each commit calls this
        except OSError:
            if known is not None or name == self._path:  # the log is missing until the first write
                self._fault = _sentence(name, "was deleted")
            return
        if known is not None:
            device, inode, size = known
            if now.st_ino != inode or now.st_dev != device:
                self._fault = _sentence(name, "was replaced by another file")
            elif now.st_size < size:
                self._fault = _sentence(name, "was truncated")
            elif now.st_size == size:
                return
        self._known[name] = now.st_dev, now.st_ino, now.st_size


def _sentence(name: str, event: str) -> str:
    return f"The file {name} {event}; nothing is stored until the sandbox is restarted."
