"""Compares the sandbox with other mock servers and applications: rate, latency, CPU, start and memory."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.firing import AnswersOtherwiseError, fire
from bench.loads import load_of
from bench.peers import PEERS, UnavailableError
from bench.peers.recorded import COMPARED, VENDOR, Recorded, record
from bench.plan import Plan
from bench.records import api, requests
from bench.results import Part
from bench.servers import CannotStartError, Server, get_json, sandbox

SANDBOX = "sandbox"
_RATE, _CPU, _P99 = "requests per second", "CPU per request in µs", "latency in ms, 99th percentile"
_PORT = 4811


def measure(plan: Plan) -> Part:
    """Run all rounds. In each one, every server is started alone and answers every request."""
    part = Part("peers", "The sandbox and its peers", main=SANDBOX)
    names = [SANDBOX, *PEERS]
    if plan.quick:
        names = [SANDBOX, "bare Starlette", "Prism"]
    for _ in range(plan.rounds):
        recorded: list[Recorded] = []
        for place, name in enumerate(names):
            try:
                with _server(name, _PORT + place, recorded) as server:
                    _measure(part, server, name, recorded, plan)
            except UnavailableError as problem:
                part.note(f"{name} was left out: {problem}.")
            except CannotStartError as problem:
                part.note(f"{name} was left out, because {problem}.")
    return part


@contextmanager
def _server(name: str, port: int, recorded: list[Recorded]) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        if name == SANDBOX:
            server = stack.enter_context(sandbox(Path(folder), port, orders=False))
            recorded[:] = asyncio.run(_recorded(server))
        else:
            server = stack.enter_context(PEERS[name](Path(folder), port, recorded))
        yield server


async def _recorded(server: Server) -> list[Recorded]:
    """Send each compared request to the sandbox once; set the server's path to that of the vendor's API."""
    get = partial(get_json, server.base_url)
    tenants = {"demo": await api(get, "demo", VENDOR)}
    server.path = tenants["demo"].path
    made = []
    for kind in COMPARED:
        [request] = await requests(load_of(VENDOR, kind), tenants)
        relative = replace(request, path=request.path.removeprefix(server.path))
        made.append(record(server, kind, relative))
    return made


def _measure(part: Part, server: Server, name: str, recorded: list[Recorded], plan: Plan) -> None:
    idle = server.memory
    for one in recorded:
        try:
            if not plan.quick:  # programs on Java and Node.js become faster in their first second
                fire(server, [one.request], one.status, seconds=1)
            found = fire(server, [one.request], one.status, seconds=plan.seconds)
        except AnswersOtherwiseError as problem:
            part.note(f"{name} has no figure for `{one.kind}`: it answers {problem}.")
            continue
        for unit, value in ((_CPU, found.cpu), (_RATE, found.rate), (_P99, found.p99)):
            part.add(one.kind, name, unit, value)
    part.add("start", name, "CPU until the first response in s", server.start_cpu)
    part.add("start", name, "time until the first response in s", server.ready)
    part.add("idle", name, "memory in MiB", idle)
    part.add("after the load", name, "memory in MiB", server.memory)
