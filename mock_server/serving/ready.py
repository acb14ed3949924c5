"""The ready file: for programs that start the sandbox, and wait until it answers."""

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
    """A JSON file that is there while the sandbox answers, for its user alone (it holds the token)."""

    def __init__(self, path: Path, draft: Path) -> None:
        self._path = path
        self._draft = draft

    @classmethod
    def prepare(cls, path: Path) -> Self:
        """Remove what an earlier sandbox left, and see that the folder can be written to.

        Raises `ReadyFileError`.
        """
        if _is_something_else(path):
            raise ReadyFileError(
                f"The ready file {path} cannot be written (it is not a regular file); "
                "name another one with --ready-file."
            )
        try:
            path.unlink(missing_ok=True)
            handle, draft = mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made with mode 0600
        except OSError as error:
            raise ReadyFileError(
                f"The ready file {path} cannot be written ({(error.strerror or str(error)).lower()}); "
                "name another one with --ready-file."
            ) from error
        os.close(handle)
        return cls(path, Path(draft))

    def publish(self, content: Mapping[str, Any]) -> None:
        """Let the complete file appear at once; raises `ReadyFileError`."""
        try:
            self._draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
            self._draft.replace(self._path)
        except OSError as error:
            raise ReadyFileError(
                f"The ready file {self._path} cannot be written ({(error.strerror or str(error)).lower()})."
            ) from error

    def remove(self) -> None:
        """Remove it, and a draft that was never published."""
        for file in (self._draft, self._path):
            try:
                file.unlink(missing_ok=True)
            except OSError:
                continue  # the folder is gone, or read-only by now: no reader is misled for long


def _is_something_else(path: Path) -> bool:
    """Say whether a path is a link, a folder, or a device such as `/dev/stdout`."""
    try:
        return not S_ISREG(path.lstat().st_mode)
    except OSError:
        return False  # missing; or the write says what is wrong
