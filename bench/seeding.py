"""Makes the databases of the benchmarks: a sandbox with many returns at one vendor.

    python -m bench.seeding returnmate 100000 bench.sqlite3

writes a database that `returns serve --vendor returnmate --database sqlite:///bench.sqlite3` opens. The
returns are those that `returns serve --seed-size` generates, and their ledger is complete. 100,000 returns
take about half a minute of CPU time and 2 GB of memory, in a process of their own, so that the memory of the
measured server is not affected.
"""

import subprocess
import sys
from pathlib import Path

from bench.loads import FIRST_MOMENT

ROOT = Path(__file__).parents[1]


def seed(vendor: str, size: int, file: Path) -> None:
    """Write a database with `size` returns at a vendor to a new file."""
    from pydantic import SecretStr

    from bench.replayed import moment
    from mock_server.app import create_app
    from mock_server.settings import Settings

    if file.exists():
        raise SystemExit(f"{file} exists already; delete it, or choose another file.")
    app = create_app(
        Settings(
            database=f"sqlite:///{file}",
            secret=SecretStr("bench"),
            vendor=vendor,
            seed_size=size,
            first_moment=moment(FIRST_MOMENT),
            rate_limits=False,
        )
    )
    app.world.close()


def seeded(vendor: str, size: int, file: Path) -> None:
    """Write a database in another process; raise `CalledProcessError` if this fails."""
    command = [sys.executable, "-m", "bench.seeding", vendor, str(size), str(file)]
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    seed(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]).absolute())
