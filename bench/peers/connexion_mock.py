"""Starts Connexion's own mock server, which answers with the examples of a specification."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.peers.recorded import Recorded, UnavailableError, document_with_full_page, of_kind
from bench.servers import Server, started

_ROOT: Final = Path(__file__).parents[2]


@contextmanager
def connexion_mock(folder: Path, port: int, recorded: Sequence[Recorded]) -> Iterator[Server]:
    """Run `connexion run --mock=all` with the specification."""
    program = Path(sys.executable).with_name("connexion")
    if not program.is_file():
        raise UnavailableError("the command connexion is not installed")
    document = str(document_with_full_page(folder))
    command = [str(program), "run", document, "--mock=all", "-p", str(port), "-H", "127.0.0.1"]
    login = of_kind(recorded, "list").request.headers["Authorization"]
    environment = {
        "BEARERINFO_FUNC": "bench.peers.apps.login.known",
        "BENCH_TOKEN": login.removeprefix("Bearer "),
        "PYTHONPATH": str(_ROOT),
    }
    url = f"http://127.0.0.1:{port}"
    with started("Connexion mock", command, url, folder, probe="/v1/rmas", environment=environment) as server:
        server.path = "/v1"
        yield server
