"""Starts Connexion's own mock server, which answers with the examples of a specification."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.peers.recorded import Recorded, UnavailableError, document_with_full_page
from bench.servers import Server, started


@contextmanager
def connexion_mock(folder: Path, port: int, _recorded: Sequence[Recorded]) -> Iterator[Server]:
    """Run `connexion run --mock=all` with the specification."""
    program = Path(sys.executable).with_name("connexion")
    if not program.is_file():
        raise UnavailableError("the command connexion is not installed")
    document = str(document_with_full_page(folder))
    command = [str(program), "run", document, "--mock=all", "-p", str(port), "-H", "127.0.0.1"]
    with started("Connexion mock", command, f"http://127.0.0.1:{port}", folder, probe="/v1/rmas") as server:
        server.path = "/v1"
        yield server
