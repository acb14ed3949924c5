"""The ready file: lets programs that start the sandbox find out when it answers and where."""

from __future__ import annotations

import json
import os
from pathlib import Path
from stat import S_ISREG
from tempfile import mkstemp
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


class ReadyFileError(Exception):
    """The ready file cannot be written; the message is a sentence."""


class ReadyFile:
    """A JSON file that exists while the sandbox answers; only its user can read it, as it has the token."""

    def __init__(self, path: Path, draft: Path) -> None:
        self._path = path
        self._draft = draft

    @classmethod
    def prepare(cls, path: Path) -> Self:
        """Remove the file of an earlier sandbox, and check that the folder is writable.

        Raises `ReadyFileError`.
        """
        if _is_not_a_file(path):
            raise ReadyFileError(
                f"The ready file {path} cannot be written (it is not a regular file); "
                "choose another one with --ready-file."
            )
        try:
            path.unlink(missing_ok=True)
            handle, draft = mkstemp(prefix=f".{path.name}.", dir=path.parent)  # created with mode 0600
        except OSError as error:
            raise ReadyFileError(
                f"The ready file {path} cannot be written ({(error.strerror or str(error)).lower()}); "
                "choose another one with --ready-file."
            ) from error
        os.close(handle)
        return cls(path, Path(draft))

    def publish(self, content: Mapping[str, Any]) -> None:
        """Write the file; it appears complete, by a rename. Raises `ReadyFileError`."""
        try:
            self._draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
            self._draft.replace(self._path)
        except OSError as error:
            raise ReadyFileError(
                f"The ready file {self._path} cannot be written ({(error.strerror or str(error)).lower()})."
            ) from error

    def remove(self) -> None:
        """Remove the file, or the draft if it was never published."""
        for file in (self._draft, self._path):
            try:
                file.unlink(missing_ok=True)
            except OSError:
                continue  # the folder was removed or made read-only meanwhile


def _is_not_a_file(path: Path) -> bool:
    """Return True if a path is a link, a folder, or a device such as `/dev/stdout`."""
    try:
        return not S_ISREG(path.lstat().st_mode)
    except OSError:
        return False  # missing, or the write reports the problem
