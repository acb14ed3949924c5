"""Writes in Zapier's core: one Node process per vendor."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.generator.write import write_files
from connector.generator.zapier import render
from support.actions.cases import Outcome
from support.actions.served import Served
from support.zapier import APPS, ZapierApp, ZapierError, started

LOST = "may or may not have been made"
AGAIN = ("ThrottledError", "RefreshAuthError")
"""The errors after which Zapier runs a step again by itself."""


@dataclass
class Zap:
    """A vendor's app, connected with the login of the served sandbox."""

    served: Served
    app: ZapierApp

    def connect(self) -> None:
        """Open a session, if the app has any."""
        login = self.served.login
        self.auth: dict[str, str] = self._while_serving(
            lambda: self.app.account(self.served.offer, login, self.served.base_url)
        )

    def create(self, key: str, inputs: Mapping[str, Any]) -> Outcome:
        """Run a create once; a session that ended is opened again for the next run, as Zapier does."""
        method, now = f"creates.{key}.operation.perform", self.served.now()
        try:
            run = lambda: self.app.run(method, inputs, auth=self.auth, now=now)  # noqa: E731
            return Outcome("record", self._while_serving(run))
        except ZapierError as problem:
            if problem.name == "RefreshAuthError":
                self.connect()
            if problem.name in AGAIN:
                return Outcome("again", message=f"{problem.name}: {problem.message}")
            unknown = LOST in problem.message
            return Outcome("unknown" if unknown else "refused", message=f"{problem.name}: {problem.message}")

    def _while_serving(self, call: Callable[[], Any]) -> Any:
        return self.served.run(asyncio.to_thread(call))


@contextmanager
def connected(served: Served, folder: Path) -> Iterator[Zap]:
    """Run the vendor's app with all of its steps, until the block ends."""
    app = folder / served.vendor
    write_files(render(served.offer, selection="everything"), app)
    (app / "node_modules").symlink_to(APPS / served.vendor / "node_modules")
    with started(app, **{f"{served.vendor.upper()}_BASE_URL": served.base_url}) as process:
        zap = Zap(served, process)
        zap.connect()
        served.when_silent.append(process.pass_time)
        yield zap
        served.when_silent.remove(process.pass_time)
