"""The release gate: compares newly generated apps with the released apps, and checks their version numbers.

The rules for version numbers are described in `Verdict.refusal`.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connector.definition.compiler import app, apps
from connector.definition.model import Integration
from connector.generator import make, n8n, write, zapier
from connector.generator.changes import Change, compare
from connector.generator.make.manifest import kept_origins
from connector.generator.make.surface import read_surface as read_make_surface
from connector.generator.n8n.package import kept_publisher
from connector.generator.n8n.surface import read_surface as read_n8n_surface
from connector.generator.released import released_apps
from connector.generator.surface import Surface
from connector.generator.zapier.link import kept_link
from connector.generator.zapier.surface import read_surface as read_zapier_surface


@dataclass(frozen=True)
class Platform:
    """A no-code platform: the folder that contains its apps, and the functions that render and read an app.

    `folder` contains one subfolder per app. `render` takes an `Integration` and the app's folder, and
    keeps the IDs that earlier deployments have written to that folder. `read_surface` takes the app's folder,
    and a folder of apps whose npm packages are installed.
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
    Platform(
        "n8n_nodes",
        lambda vendor, folder: n8n.render(vendor, publisher=kept_publisher(folder)),
        read_n8n_surface,
    ),
)


@dataclass(frozen=True)
class Verdict:
    """The release gate's result for one app, such as `zapier_app/returnmate`.

    `base` is the released version number, or an empty string if the app was never released. `now` is the new
    version number, or an empty string if the app was removed. If no file changed, both are empty strings.
    """

    app: str
    base: str
    now: str
    changes: Sequence[Change]

    @property
    def refused(self) -> bool:
        """True if the release gate rejects the app's new version."""
        return bool(self.refusal)

    @property
    def refusal(self) -> str:
        """The reason why the new version is rejected, or an empty string if it is accepted.

        The reason is a phrase that follows the app's name in a sentence. A Zapier app or an n8n package needs
        a higher major version for a breaking change, and a higher version for any other change. A Make app's
        version is a single integer, so it must be higher only after a breaking change. No version may be
        lower than the released version.
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
    """Yield a verdict for each app that was released at `base` or is generated from the current catalog.

    `base` is a folder or a Git revision. `root` is the folder that contains the platforms' folders. Raises
    `ConfigurationError` if `base` is neither a folder nor a revision, or if an app cannot be read.
    """
    current = {name: app(name) for name in apps()}
    for platform in platforms:
        with released_apps(base, platform.folder) as old:
            names = {path.name for path in old.iterdir() if path.is_dir()}
            for name in sorted(names | set(current)):
                yield _verdict(platform, name, current.get(name), old / name, root / platform.folder)


def _verdict(
    platform: Platform, vendor: str, current: Integration | None, old: Path, installed: Path
) -> Verdict:
    app = f"{platform.folder}/{vendor}"
    if current is None:
        removed = Change(breaking=True, sentence="The app was removed.")
        return Verdict(app, platform.read_surface(old, installed).version, "", [removed])
    with tempfile.TemporaryDirectory(prefix="returns-diff-") as name:
        new = Path(name) / vendor
        files = platform.render(current, installed / vendor)
        if old.is_dir() and not write.find_drift(files, old):
            return Verdict(app, "", "", [])
        write.write_files(files, new)
        now = platform.read_surface(new, installed)
        if not old.is_dir():
            return Verdict(app, "", now.version, [Change(breaking=False, sentence="The app is new.")])
        base = platform.read_surface(old, installed)
        return Verdict(app, base.version, now.version, compare(base, now))


def _numbers(version: str) -> tuple[int, ...]:
    """Parse a version into a tuple of numbers, so that 1.10.0 is higher than 1.9.0."""
    return tuple(int(part) for part in version.split(".")) if version else ()
