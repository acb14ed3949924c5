"""Starts WireMock, a mock server on Java that answers with stubs."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.peers.recorded import NODE_MODULES, Recorded, UnavailableError
from bench.servers import Server, started


@contextmanager
def wiremock(folder: Path, port: int, recorded: Sequence[Recorded]) -> Iterator[Server]:
    """Run WireMock with the sandbox's responses as stubs, and without its journal of requests."""
    java = shutil.which("java")
    if java is None:
        raise UnavailableError("Java is not installed")
    archives = sorted((NODE_MODULES / "wiremock/build").glob("*.jar"))
    if not archives:
        raise UnavailableError("wiremock is not installed in bench/node_modules")
    mappings = folder / "wiremock/mappings"
    mappings.mkdir(parents=True)
    for place, one in enumerate(recorded):
        (mappings / f"{one.kind}.json").write_text(json.dumps(_stub(one, place)))
    command = [java, "-jar", str(archives[-1]), "--port", str(port), "--bind-address", "127.0.0.1"]
    command += ["--root-dir", str(mappings.parent), "--no-request-journal", "--disable-banner"]
    with started("WireMock", command, f"http://127.0.0.1:{port}", folder, probe="/__admin/health") as server:
        yield server


def _stub(one: Recorded, place: int) -> dict[str, Any]:
    """Build the stub for one response; it matches the method, the path, the login and the body."""
    request: dict[str, Any] = {"method": one.request.method, "url": one.request.path}
    login = one.request.headers.get("Authorization")
    request["headers"] = {"Authorization": {"equalTo": login} if login else {"absent": True}}
    if one.request.body:
        request["bodyPatterns"] = [{"equalToJson": one.request.body.decode()}]
    response = {
        "status": one.status,
        "headers": {"Content-Type": one.content_type},
        "body": one.body.decode(),
    }
    return {"priority": place + 1, "request": request, "response": response}
