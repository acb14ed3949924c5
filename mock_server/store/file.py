"""The database file of a store: private to its user, and watched, as others can take it away meanwhile."""

import os
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE

from mock_server.store.model import StoreError

_PRIVATE = 0o600
_LOG = "-wal"
Seen = tuple[int, int, int]
"""Device, inode and size of a file."""


def create(path: str) -> bool:
    """Create an empty file that only its user can read, if it is missing; says whether it was created.

    Raises `OSError`.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, _PRIVATE))
    except FileExistsError:
        return False
    return True


def make_private(path: str) -> None:
    """Let only the user read a database file and what SQLite keeps beside it, where that is possible."""
    for suffix in ("", _LOG, "-shm"):
        file = Path(path + suffix)
        with suppress(OSError):  # missing, or another user's
            if S_IMODE(file.stat().st_mode) != _PRIVATE:
                file.chmod(_PRIVATE)


class Watch:
    """Notices that a database file or its log was deleted, replaced or cut short.

    A file that is deleted while it is open exists until its process ends; what is written to it in between is
    lost then. So nothing may be acknowledged from then on. Without a `path`, nothing is watched.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen: dict[str, Seen] = {}
        self._names = (path, path + _LOG) if path else ()
        self._fault = ""
        self.check()

    def check(self) -> None:
        """Raise `StoreError` if the file is not the one that was opened, or if it ever was not."""
        if not self._fault:
            for name in self._names:
                self._look(name)
        if self._fault:
            raise StoreError(self._fault)

    def fail(self, error: Exception) -> None:
        """Take the file for damaged from now on."""
        self._fault = self._fault or (
            f"The database {self._path or 'in memory'} cannot be read any more ({error}); nothing is stored "
            "until the sandbox is started again."
        )

    def _look(self, name: str) -> None:
        known = self._seen.get(name)
        try:
            found = os.stat(name)  # noqa: PTH116 - Path.stat takes twice as long, and this is in each commit
        except OSError:
            if known is not None or name == self._path:  # the log is made by the first write
                self._fault = _sentence(name, "is gone")
            return
        if known is not None:
            device, inode, size = known
            if found.st_ino != inode or found.st_dev != device:
                self._fault = _sentence(name, "was replaced by another file")
            elif found.st_size < size:
                self._fault = _sentence(name, "was cut short")
            elif found.st_size == size:
                return
        self._seen[name] = found.st_dev, found.st_ino, found.st_size


def _sentence(name: str, what: str) -> str:
    return f"The file {name} {what}; nothing is stored until the sandbox is started again."
