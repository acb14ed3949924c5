"""The release gate: compares the apps that would be generated now with the released ones."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connector.definition.compiler import integration, vendors
from connector.definition.model import Integration
from connector.generator import make, write, zapier
from connector.generator.changes import Change, compare
from connector.generator.make.manifest import kept_origins
from connector.generator.make.surface import read_surface as read_make_surface
from connector.generator.released import released_apps
from connector.generator.surface import Surface
from connector.generator.zapier.link import kept_link
from connector.generator.zapier.surface import read_surface as read_zapier_surface


@dataclass(frozen=True)
class Platform:
    """A platform: the folder of its apps, and the functions that render and read an app.

    `render` also takes the folder of the app, because a deployment writes ids there that must be kept.
    `read_surface` takes the folder of an app, and the folder of all apps with their installed packages.
    """

    folder: str
    render: Callable[[Integration, Path], Mapping[str, str]]
    read_surface: Callable[[Path, Path], Surface]


PLATFORMS = (
    Platform(
        "zapier_app",
        lambda vendor, folder: zapier.render(vendor, link=kept_link(folder)),
        read_zapier_surface,
    ),
    Platform(
        "make_app",
        lambda vendor, folder: make.render(vendor, origins=kept_origins(folder)),
        read_make_surface,
    ),
)


@dataclass(frozen=True)
class Verdict:
    """The result for one app, such as `zapier_app/returnmate`.

    `base` is the released version and `now` the new one. A version is empty if there is no such app.
    """

    app: str
    base: str
    now: str
    changes: Sequence[Change]

    @property
    def refused(self) -> bool:
        """Whether the changes need a higher version than the app has."""
        return bool(self.refusal)

    @property
    def refusal(self) -> str:
        """What is wrong with the version, as the end of a sentence about the app; empty if it is right.

        A breaking change needs a higher major version, any other change a higher version. Make's versions
        are whole numbers: there, changes that break nothing go into the released version. A version must
        never be lower than the released one.
        """
        base, now = _numbers(self.base), _numbers(self.now)
        if any(one.breaking for one in self.changes) and now[:1] <= base[:1]:
            return "breaks existing workflows: raise its major version, or undo the breaking changes"
        if base and now and now < base:
            return f"has version {self.now}, which is lower than the released {self.base}: raise it"
        if base and self.changes and now == base and len(now) > 1:
            return f"changed but still has version {self.base}: raise it"
        return ""


def verdicts(base: str, root: Path, platforms: Sequence[Platform] = PLATFORMS) -> Iterator[Verdict]:
    """Yield a verdict for every app that was released at `base` or would be generated now.

    `root` contains the platforms' folders. Raises ConfigurationError if `base` cannot be read, or an app
    cannot be run.
    """
    for platform in platforms:
        with released_apps(base, platform.folder) as old:
            names = {path.name for path in old.iterdir() if path.is_dir()}
            for vendor in sorted(names | set(vendors())):
                yield _verdict(platform, vendor, old / vendor, root / platform.folder)


def _verdict(platform: Platform, vendor: str, old: Path, installed: Path) -> Verdict:
    app = f"{platform.folder}/{vendor}"
    if vendor not in vendors():
        removed = Change(breaking=True, sentence="The app was removed.")
        return Verdict(app, platform.read_surface(old, installed).version, "", [removed])
    with tempfile.TemporaryDirectory(prefix="returns-diff-") as name:
        new = Path(name) / vendor
        files = platform.render(integration(vendor), installed / vendor)
        if old.is_dir() and not write.find_drift(files, old):
            return Verdict(app, "", "", [])
        write.write_files(files, new)
        now = platform.read_surface(new, installed)
        if not old.is_dir():
            return Verdict(app, "", now.version, [Change(breaking=False, sentence="The app is new.")])
        base = platform.read_surface(old, installed)
        return Verdict(app, base.version, now.version, compare(base, now))


def _numbers(version: str) -> tuple[int, ...]:
    """Return the parts of a version as numbers, so that 1.10.0 is higher than 1.9.0."""
    return tuple(int(part) for part in version.split(".")) if version else ()
