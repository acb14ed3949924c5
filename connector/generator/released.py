"""What was released: a platform's apps as a git revision or a folder holds them, as a copy."""

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connector.errors import ConfigurationError
from connector.generator.write import INSTALLED


@contextmanager
def released(base: str, folder: str) -> Iterator[Path]:
    """Give a temporary folder with what `folder` (`zapier_app`) holds at `base`; it may hold nothing.

    `base` is a folder that contains `folder`, or a revision of the git repository that one stands in. Raises
    ConfigurationError where it is neither.
    """
    with tempfile.TemporaryDirectory(prefix="returns-diff-") as name:
        copy = Path(name) / folder
        copy.mkdir()
        if base and Path(base).is_dir():
            source = Path(base) / folder
            if source.is_dir():
                ignored = shutil.ignore_patterns(*INSTALLED)
                shutil.copytree(source, copy, ignore=ignored, dirs_exist_ok=True)
        else:
            _extract(base, folder, Path(name))
        yield copy


def _extract(revision: str, folder: str, target: Path) -> None:
    commit = (
        _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        .decode()
        .strip()
    )
    if not commit:
        raise ConfigurationError(f"{revision} is neither a folder nor a revision of this git repository.")
    if _git("ls-tree", "--name-only", commit, "--", folder):
        with tarfile.open(
            fileobj=io.BytesIO(_git("archive", "--format=tar", commit, "--", folder))
        ) as archive:
            archive.extractall(target, filter="data")


def _git(*words: str) -> bytes:
    """Return what git says; nothing where it refuses."""
    git = shutil.which("git")
    if git is None:
        raise ConfigurationError("git is missing, and the base is no folder: install git, or name a folder.")
    done = subprocess.run([git, *words], capture_output=True, check=False)  # noqa: S603 - no shell, words checked
    return done.stdout if done.returncode == 0 else b""
