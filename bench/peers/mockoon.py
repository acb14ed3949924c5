"""Starts Mockoon's command line, which answers with the examples of a specification."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.peers.recorded import Recorded, document_with_full_page, script
from bench.servers import Server, started


@contextmanager
def mockoon(folder: Path, port: int, _recorded: Sequence[Recorded]) -> Iterator[Server]:
    """Run Mockoon with the specification, without its log of requests."""
    program = script("@mockoon", "cli", "bin", "run.js")
    document = str(document_with_full_page(folder))
    command = ["node", program, "start", "--data", document, "--port", str(port), "--hostname", "127.0.0.1"]
    command += ["--disable-log-to-file", "--disable-admin-api"]
    with started("Mockoon", command, f"http://127.0.0.1:{port}", folder, probe="/v1/rmas") as server:
        server.path = "/v1"
        yield server
