"""The bug museum: mistakes that others published, as mutants, each with the invariant that catches it."""

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pytest

from connector.definition.compiler import integration as compiled
from connector.definition.model import Integration
from support.certificate.delivery import Polling
from support.certificate.invariants import Violation
from support.certificate.python import Python
from support.certificate.search import Certificate, Searched
from support.certificate.stories import Story, loaded
from support.merchant import VendorSandbox

MUSEUM = Path(__file__).parents[2] / "museum"
LONGEST_STORY = 10


@dataclass(frozen=True)
class Exhibit:
    """One mistake in one trigger of a vendor.

    `cited` names the public reports (`owner/repository#number`), and `caught_by` the invariant. The mistake
    is in `polling` (the parts of a poller), in the `Integration` that `alter` returns, or in a module that
    `patch` changes; `sound` is the poller without it. `name` is the name of the exhibit's file, and `bug` the
    first line of its docstring.
    """

    cited: tuple[str, ...]
    vendor: str
    trigger: str
    caught_by: str
    polling: Polling = field(default_factory=Python)
    alter: Callable[[Integration], Integration] = lambda offer: offer
    patch: Callable[[pytest.MonkeyPatch], None] = lambda _patch: None
    sound: Polling = field(default_factory=Python)
    name: str = ""
    bug: str = ""

    @property
    def path(self) -> Path:
        return MUSEUM / f"{self.name}.json"

    @cached_property
    def story(self) -> Story:
        return loaded(self.path)

    def played_by_original(self, backend: VendorSandbox) -> Violation | None:
        """Play the exhibit's story without the mistake; return what it breaks."""
        offer = compiled(self.vendor)
        with self.sound.started(offer) as polling:
            return Certificate.of(backend, offer, self.trigger, polling).broken_by(self.story)

    def replayed(self, backend: VendorSandbox) -> Violation | None:
        """Play the exhibit's story with the mistake; return what it breaks."""
        with self._mutant(backend) as mutant:
            return mutant.broken_by(self.story)

    def found_again(
        self,
        backend: VendorSandbox,
        steps: int,
        seed: int,
        progress: Callable[[Searched], None] = lambda _searched: None,
    ) -> Searched:
        """Search for a story that breaks the exhibit's invariant, as if none were known."""
        with self._mutant(backend) as mutant:
            return mutant.search(steps, seed, progress, self.caught_by)

    @contextmanager
    def _mutant(self, backend: VendorSandbox) -> Iterator[Certificate]:
        offer = self.alter(compiled(self.vendor))
        with pytest.MonkeyPatch.context() as patch, self.polling.started(offer) as polling:
            self.patch(patch)
            yield Certificate.of(backend, offer, self.trigger, polling)


def exhibits() -> list[Exhibit]:
    """Return all exhibits, by the names of their files."""
    names = sorted(path.stem for path in MUSEUM.glob("*.py") if not path.stem.startswith("test_"))
    modules = {name: importlib.import_module(f"museum.{name}") for name in names}
    return [
        replace(module.EXHIBIT, name=name, bug=(module.__doc__ or "").partition("\n")[0])
        for name, module in modules.items()
    ]
