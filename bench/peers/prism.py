"""Starts Prism, a mock server that answers with the examples of a specification."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.peers.recorded import Recorded, document_with_full_page, script
from bench.servers import Server, started


@contextmanager
def prism(folder: Path, port: int, _recorded: Sequence[Recorded]) -> Iterator[Server]:
    """Run Prism with its default options, which print each request."""
    with _prism("Prism", folder, port) as server:
        yield server


@contextmanager
def prism_silent(folder: Path, port: int, _recorded: Sequence[Recorded]) -> Iterator[Server]:
    """Run Prism so that it prints no requests, as the sandbox does by default."""
    with _prism("Prism, silent", folder, port, "--verboseLevel", "silent") as server:
        yield server


@contextmanager
def _prism(name: str, folder: Path, port: int, *options: str) -> Iterator[Server]:
    program = script("@stoplight", "prism-cli", "dist", "index.js")
    document = str(document_with_full_page(folder))
    command = ["node", program, "mock", document, "--port", str(port), "--host", "127.0.0.1", *options]
    with started(name, command, f"http://127.0.0.1:{port}", folder, probe="/rmas") as server:
        yield server
