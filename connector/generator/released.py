"""Copies the released apps from a Git revision or a folder, so that the release gate can read them."""

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
def released_apps(base: str, folder: str) -> Iterator[Path]:
    """Yield a temporary copy of `folder`, such as `zapier_app`, as it was released at `base`.

    `base` is a folder that contains `folder`, or a revision of the current Git repository. The copy is empty
    if `base` does not contain `folder`. Raises `ConfigurationError` if `base` is neither a folder nor a
    revision.
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
        raise ConfigurationError(
            f"{revision or 'The base'} is neither a folder nor a revision of this git repository."
        )
    if _git("ls-tree", "--name-only", commit, "--", folder):
        with tarfile.open(
            fileobj=io.BytesIO(_git("archive", "--format=tar", commit, "--", folder))
        ) as archive:
            archive.extractall(target, filter="data")


def _git(*arguments: str) -> bytes:
    """Run a Git command and return its standard output, or empty bytes if the command fails.

    Raises `ConfigurationError` if Git is not installed.
    """
    git = shutil.which("git")
    if git is None:
        raise ConfigurationError(
            "git is missing, and the base is not a folder. Install git, or name a folder."
        )
    process = subprocess.run([git, *arguments], capture_output=True, check=False)  # noqa: S603 - no shell
    return process.stdout if process.returncode == 0 else b""
