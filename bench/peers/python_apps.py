"""Starts the Python applications in `apps/` with uvicorn, as the sandbox is started."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from bench.peers.recorded import Recorded, UnavailableError
from bench.servers import Server, started

_ROOT: Final = Path(__file__).parents[2]
_EXTRA: Final = _ROOT / "build/bench-packages"
"""Where `make bench` installs FastAPI, apart from the versions that the sandbox depends on."""


@contextmanager
def bare(folder: Path, port: int, recorded: Sequence[Recorded]) -> Iterator[Server]:
    """Run a bare Starlette application that answers the sandbox's bytes."""
    with _application("bare Starlette", "bare", folder, port, recorded) as server:
        yield server


@contextmanager
def fastapi(folder: Path, port: int, recorded: Sequence[Recorded]) -> Iterator[Server]:
    """Run a FastAPI application with pydantic models that keeps the sandbox's returns in memory."""
    if find_spec("fastapi") is None and not (_EXTRA / "fastapi").is_dir():
        raise UnavailableError("FastAPI is not installed in build/bench-packages")
    with _application("FastAPI", "fastapi_app", folder, port, recorded) as server:
        yield server


@contextmanager
def _application(
    name: str, module: str, folder: Path, port: int, recorded: Sequence[Recorded]
) -> Iterator[Server]:
    file = folder / f"{module}.json"
    file.write_text(
        json.dumps(
            {
                one.kind: {
                    "path": one.request.path,
                    "login": one.request.headers.get("Authorization", ""),
                    "body": one.body.decode(),
                }
                for one in recorded
            }
        )
    )
    command = [sys.executable, "-m", "uvicorn", f"bench.peers.apps.{module}:create", "--factory"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop", "--http", "httptools"]
    command += ["--no-access-log", "--log-level", "warning"]
    environment = {"BENCH_RECORDED": str(file), "PYTHONPATH": f"{_ROOT}:{_EXTRA}"}
    url = f"http://127.0.0.1:{port}"
    with started(name, command, url, folder, probe="/rmas", environment=environment) as server:
        yield server
