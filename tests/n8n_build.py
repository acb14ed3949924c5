"""`make n8n-build`: check and build the n8n packages with n8n's own program.

Each package is copied to `build/n8n/<vendor>`, with a link to the packages in `tests/n8n/node_modules`,
which are installed once for all. Nothing is published, and no account is needed.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from support.n8n import BUILT, PACKAGES
from support.zapier import ROOT

from connector.definition.compiler import apps
from connector.generator.write import INSTALLED

INSTALLED_FOR_ALL = ROOT / "tests" / "n8n" / "node_modules"
PATIENCE = 600.0


def build(vendor: str, source: Path, folder: Path) -> int:
    """Copy a package, check it with n8n's lint and build it; return the size of `dist` in bytes."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source / vendor, folder, ignore=shutil.ignore_patterns(*INSTALLED))
    (folder / "node_modules").symlink_to(INSTALLED_FOR_ALL)
    for command in ("lint", "build"):
        said = run(command, folder)
        if command == "lint" and "problem" in said:
            raise SystemExit(f"n8n-node lint reports problems in {vendor}:\n{said}")
    return sum(path.stat().st_size for path in (folder / "dist").rglob("*") if path.is_file())


def run(command: str, folder: Path) -> str:
    """Run n8n's program in a package and return its output; exit with the output if it fails."""
    environment = {**os.environ, "N8N_USER_FOLDER": str(BUILT), "HOME": str(BUILT), "CI": "1"}
    done = subprocess.run(
        [folder / "node_modules" / ".bin" / "n8n-node", command],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"n8n-node {command} fails in {folder.name}:\n{done.stdout}\n{done.stderr}")
    return done.stdout + done.stderr


def main(chosen: list[str]) -> None:
    """Check and build the packages of the named vendors, or of all."""
    BUILT.mkdir(parents=True, exist_ok=True)
    for vendor in chosen or apps():
        started = time.monotonic()
        size = build(vendor, PACKAGES, BUILT / vendor)
        sys.stdout.write(
            f"{vendor}: n8n's lint reports nothing; dist has {size / 1e3:.0f} kB "
            f"({time.monotonic() - started:.0f} s).\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
