"""Runs Schemathesis against a sandbox in this process: all phases, its checks and ours."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from unittest import mock

import schemathesis
from contract.sandbox.checks import CHECKS
from contract.sandbox.expected import PHASES, configuration
from contract.sandbox.served import ACME, Served
from contract.sandbox.watched import Adapter, Watched
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.python import asgi

import openapi

if TYPE_CHECKING:
    from schemathesis.schemas import BaseSchema

OURS = tuple(check.__name__ for check in CHECKS)
"""The names of our checks; importing them registers them."""


@dataclass
class Findings:
    """What a run tried and found.

    `failed` has a sentence per finding; `checked` counts the results of each check, by operation.
    """

    failed: list[str] = field(default_factory=list)
    checked: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: set[str] = field(default_factory=set)
    """The operations that answered 400 to a valid request."""
    phases: set[str] = field(default_factory=set)
    requests: int = 0


def run(
    served: Served, examples: int, *, only: Sequence[str] = (), phases: Sequence[str] = PHASES
) -> Findings:
    """Send all that Schemathesis generates for an API, and check every answer.

    `examples` is the number of examples per operation and phase. With `only`, only the operations with these
    IDs are called.
    """
    login = served.logins[ACME]
    chosen = configuration(
        served.document,
        headers=login["headers"],
        query=login["query"],
        base_url=served.base_url,
        examples=examples,
        phases=phases,
    )
    watched = Watched(served)
    schema: BaseSchema = schemathesis.openapi.from_dict(
        openapi.read(served.document.name),  # its own copy, to which Schemathesis adds links that it infers
        config=SchemathesisConfig.from_dict(chosen),
    )
    if only:
        schema = schema.include(operation_id=list(only))
    schema.app = watched
    found = Findings()
    with _in_process(watched):
        for event in from_schema(schema).execute():
            _note(event, found)
    return found


@contextmanager
def _in_process(watched: Watched) -> Iterator[None]:
    """Send every request of Schemathesis to the watched sandbox, on the thread that makes the request.

    Its own client for ASGI applications hands each request to another thread, and starts the lifespan, in
    which the sandbox commits the changes of several requests together.
    """

    def client(app: Any, **_: Any) -> "_Client":
        assert app is watched
        return _Client(watched)

    with mock.patch.object(asgi, "get_client", client):
        yield


class _Client(asgi.ASGIClient):
    def __init__(self, watched: Watched) -> None:
        super().__init__(watched)
        adapter = Adapter(watched)
        self.mount("http://", adapter)
        self.mount("https://", adapter)
        self.trust_env = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _note(event: Any, found: Findings) -> None:
    if isinstance(event, events.NonFatalError | events.FatalError):
        error = getattr(event, "value", None) or getattr(event, "exception", None)
        found.failed.append(f"{getattr(event, 'label', 'run')}: {error!r}")
    if isinstance(event, events.ScenarioFinished):
        found.phases.add(event.phase.value)
        found.requests += len(event.recorder.interactions)
        for case, checks in event.recorder.checks.items():
            sent = event.recorder.cases[case].value
            operation = sent.operation.label
            answer = event.recorder.interactions[case].response
            if sent.meta and sent.meta.generation.mode.is_positive and answer and answer.status_code == 400:
                found.refused.add(operation)
            for check in checks:
                found.checked[check.name, operation] += 1
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    found.failed.append(f"{operation}: {check.name}: {failure.title}: {failure.message}\n"
                                        f"  {check.failure_info.code_sample}")  # fmt: skip
