"""The gate before a release: what would be written now, held against what was released, on every platform."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connector.definition.compiler import integration, vendors
from connector.definition.model import Integration
from connector.generator import make, write, zapier
from connector.generator.changes import Change, compare
from connector.generator.make.manifest import kept_origins
from connector.generator.make.surface import surface as make_surface
from connector.generator.released import released
from connector.generator.surface import Surface
from connector.generator.zapier.link import kept_link
from connector.generator.zapier.surface import surface as zapier_surface


@dataclass(frozen=True)
class Platform:
    """A platform: the folder of its apps, how one is rendered, and how a rendered one is read.

    `render` takes the folder where the app lies too, for what a deployment left there. `surface` takes the
    folder of an app, and the one that holds all of the platform's apps, for what is installed there.
    """

    folder: str
    render: Callable[[Integration, Path], Mapping[str, str]]
    surface: Callable[[Path, Path], Surface]


PLATFORMS = (
    Platform("zapier_app", lambda made, at: zapier.render(made, link=kept_link(at)), zapier_surface),
    Platform("make_app", lambda made, at: make.render(made, origins=kept_origins(at)), make_surface),
)


@dataclass(frozen=True)
class Verdict:
    """What becomes of one app, `zapier_app/returnmate`; a version is empty where there is no app."""

    app: str
    base: str
    now: str
    changes: Sequence[Change]

    @property
    def refused(self) -> bool:
        """Whether the version is not the one that the changes need."""
        return bool(self.refusal)

    @property
    def refusal(self) -> str:
        """What is wrong with the version, as the end of a sentence about the app; empty where it is right.

        What breaks needs a higher major version, every other change a higher one. A platform that counts
        whole numbers takes other changes into the version that is out. A lower version is never right.
        """
        base, now = _numbers(self.base), _numbers(self.now)
        if any(one.breaking for one in self.changes) and now[:1] <= base[:1]:
            return "breaks what people have built: raise its major version, or keep what was"
        if base and now and now < base:
            return f"has version {self.now}, which is lower than {self.base}: raise it"
        if base and self.changes and now == base and len(now) > 1:
            return f"changed, and still has version {self.base}: raise it"
        return ""


def verdicts(base: str, root: Path, platforms: Sequence[Platform] = PLATFORMS) -> Iterator[Verdict]:
    """Judge every app that there was at `base`, or that there is now; `root` holds the platforms' folders.

    Raises ConfigurationError where `base` cannot be read, or an app cannot be run.
    """
    for platform in platforms:
        with released(base, platform.folder) as old:
            known = {path.name for path in old.iterdir() if path.is_dir()}
            for vendor in sorted(known | set(vendors())):
                yield _verdict(platform, vendor, old / vendor, root / platform.folder)


def _verdict(platform: Platform, vendor: str, old: Path, installed: Path) -> Verdict:
    app = f"{platform.folder}/{vendor}"
    if vendor not in vendors():
        gone = Change(breaking=True, sentence="The app is gone.")
        return Verdict(app, platform.surface(old, installed).version, "", [gone])
    with tempfile.TemporaryDirectory(prefix="returns-diff-") as name:
        new = Path(name) / vendor
        files = platform.render(integration(vendor), installed / vendor)
        if old.is_dir() and not write.check(files, old):
            return Verdict(app, "", "", [])
        write.write(files, new)
        now = platform.surface(new, installed)
        if not old.is_dir():
            return Verdict(app, "", now.version, [Change(breaking=False, sentence="The app is new.")])
        base = platform.surface(old, installed)
        return Verdict(app, base.version, now.version, compare(base, now))


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, which are compared as numbers: 1.10.0 comes after 1.9.0."""
    return tuple(int(part) for part in version.split(".")) if version else ()
