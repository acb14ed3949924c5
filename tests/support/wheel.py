"""Builds the wheel, and installs it in an environment of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
UV = str(Path(sys.executable).with_name("uv"))


class Built(NamedTuple):
    """The files that `make wheel` builds."""

    wheel: Path
    sources: Path


def environment(**more: str) -> dict[str, str]:
    """Return the environment without the settings of a sandbox and of Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RETURNS_", "PYTHON"))}
    return {**kept, **more}


def run(*command: str, cwd: Path, **more: str) -> str:
    """Run a command to its end; return its output, or fail with all of it."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, env=environment(**more)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder: Path) -> Built:
    """Build the source archive, and the wheel from it."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    (sources,) = folder.glob("*.tar.gz")
    return Built(wheel, sources)


def install(folder: Path, *requirements: str) -> Path:
    """Create an environment in `folder` with these requirements at the locked versions; return its Python."""
    run(UV, "venv", "--quiet", "--python", sys.executable, str(folder / "env"), cwd=folder)
    python = folder / "env" / "bin" / "python"
    command = (UV, "pip", "install", "--quiet", "--python", str(python), "-c", str(LOCK))
    run(*command, *requirements, cwd=folder)
    return python
