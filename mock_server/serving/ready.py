"""Writes the ready file, which shows other programs that the sandbox is ready, and contains its URL."""

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
    """Raised if the ready file cannot be written.

    The message is a complete sentence that can be shown to the user.
    """


class ReadyFile:
    """A JSON file that exists while the sandbox accepts requests.

    The file contains the control token, so only the user who started the sandbox can read it.
    """

    def __init__(self, path: Path, draft: Path) -> None:
        self._path = path
        self._draft = draft

    @classmethod
    def prepare(cls, path: Path) -> Self:
        """Remove an earlier sandbox's ready file, and create a draft of the new file in the same folder.

        Raises `ReadyFileError` if the file cannot be written.
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
        """Write the draft, and rename it to the ready file, so that no program reads an incomplete file.

        Raises `ReadyFileError` if the file cannot be written.
        """
        try:
            self._draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
            self._draft.replace(self._path)
        except OSError as error:
            raise ReadyFileError(
                f"The ready file {self._path} cannot be written ({(error.strerror or str(error)).lower()})."
            ) from error

    def remove(self) -> None:
        """Remove the ready file, or the draft if the file was never published."""
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
