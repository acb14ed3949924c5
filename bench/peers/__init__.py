"""The servers that the benchmark compares the sandbox with.

Each peer serves ReturnMate's API. `PEERS` contains the functions that start them. A function takes a folder
for its files, a port and the sandbox's responses, and yields the running server. It raises
`UnavailableError` if the peer is not installed.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from bench.peers.connexion_mock import connexion_mock
from bench.peers.mockoon import mockoon
from bench.peers.prism import prism, prism_silent
from bench.peers.python_apps import bare, fastapi
from bench.peers.recorded import Recorded, UnavailableError
from bench.peers.wiremock import wiremock
from bench.servers import Server

Start = Callable[[Path, int, Sequence[Recorded]], AbstractContextManager[Server]]

PEERS: Final[dict[str, Start]] = {
    "bare Starlette": bare,
    "Prism": prism,
    "Prism, silent": prism_silent,
    "Mockoon": mockoon,
    "WireMock": wiremock,
    "Connexion mock": connexion_mock,
    "FastAPI": fastapi,
}
LIMIT: Final = "bare Starlette"
"""The peer that answers bytes that are ready: what a framework costs before it does anything."""

__all__ = ["LIMIT", "PEERS", "Recorded", "Start", "UnavailableError"]
