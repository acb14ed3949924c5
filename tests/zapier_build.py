"""`make zapier-build`: validate and build the Zapier apps with Zapier's program, and run them.

The program (188 MB, and a recent Node of the same size) is installed into a folder that is deleted
afterwards. The apps keep the packages of their own lock files. Nothing is sent to Zapier, and no login
is needed.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.sandbox import Sandbox, running
from support.zapier import APPS

from connector.definition.compiler import integration, vendors
from connector.generator.write import INSTALLED
from connector.generator.zapier.package import CORE, override_variable

NODE = "22.23.3"
VALIDATE = ("validate", "--without-style", "--format", "json")
RUN = Path(__file__).parent / "support" / "built_app.mjs"
PATIENCE = 600.0


@dataclass(frozen=True)
class Tools:
    """The paths of Zapier's program, of a Node, and of a separate home folder."""

    folder: Path

    def run(self, *command: str, cwd: Path, **more: str) -> str:
        """Run a command and return its output; exit with the output if it fails."""
        done = subprocess.run(
            command, cwd=cwd, env=self._environment(more), capture_output=True, text=True, timeout=PATIENCE,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{' '.join(command[:2])} failed in {cwd.name}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        node = self.folder / "node_modules" / "node" / "bin"
        path = os.pathsep.join((str(node), str(self.folder / "node_modules/.bin"), os.environ["PATH"]))
        return {
            **os.environ, "PATH": path, "HOME": str(self.folder), "DISABLE_ZAPIER_ANALYTICS": "1", **more,
        }  # fmt: skip


def install(folder: Path) -> Tools:
    """Install Zapier's program, in the version that the apps are pinned to."""
    tools = Tools(folder)
    (folder / "package.json").write_text('{"private": true}')
    wanted = (f"zapier-platform-cli@{CORE}", f"node@{NODE}")
    quiet = ("--no-audit", "--no-fund", "--loglevel=error")
    tools.run("npm", "install", *quiet, *wanted, cwd=folder, npm_config_cache=str(folder / "cache"))
    return tools


def build(tools: Tools, vendor: str, folder: Path, sandbox: Sandbox) -> Path:
    """Validate a copy of an app, then follow its README; return the folder of the built app."""
    app = folder / vendor
    shutil.copytree(APPS / vendor, app, ignore=shutil.ignore_patterns(*INSTALLED))
    tools.run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=app)
    refused = json.loads(tools.run("zapier-platform", *VALIDATE, cwd=app))
    if refused:
        raise SystemExit(f"zapier-platform refuses {vendor}:\n{json.dumps(refused, indent=2)}")
    tools.run("bash", "-euc", _printed(app).replace("http://127.0.0.1:4010", sandbox.url), cwd=app)
    built = folder / f"{vendor}-built"
    with zipfile.ZipFile(app / "build" / "build.zip") as archive:
        archive.extractall(built)
    return built


def _printed(app: Path) -> str:
    """Return the README's commands that need no account: write .env, call the app, build it."""
    readme = (app / "README.md").read_text("utf-8")
    found = re.search(r"```sh\n(cat > \.env.*?)```", readme, re.DOTALL)
    if found is None or "build --skip-validation" not in found[1]:
        raise SystemExit(f"The README of {app.name} does not say how to try and build the app.")
    return found[1]


def execute(tools: Tools, vendor: str, built: Path, sandbox: Sandbox) -> list[Any]:
    """Run the login test and every visible trigger of the built app, against a tenant without rate limits.

    The triggers look for samples, which may be of any age, because the sandbox's clock is not the machine's.
    """
    offer = integration(vendor)
    login = sandbox.credentials(vendor, sandbox.tenant(f"built-{vendor}", limits="off"))
    override = {override_variable(offer): login["base_url"]}
    definition = json.loads((built / "definition.json").read_text("utf-8"))
    shown = [key for key, one in definition["triggers"].items() if not one["display"].get("hidden")]
    kinds = {key: definition["triggers"][key]["operation"].get("type") for key in shown}
    performs = [f"triggers.{key}.operation.perform{'List' * (kinds[key] == 'hook')}" for key in shown]
    auth = {**login["fields"], "environment": "sandbox"}
    if not offer.authentication.field:
        auth |= _run(tools, built, ["authentication.sessionConfig.perform"], auth, override)[0]
    return _run(tools, built, ["authentication.test", *performs], auth, override)


def _run(
    tools: Tools, built: Path, methods: list[str], auth: dict[str, Any], environment: dict[str, str]
) -> list[Any]:
    bundle = {"inputData": {}, "authData": auth, "meta": {"isLoadingSample": True}}
    events = json.dumps([{"method": method, "bundle": bundle} for method in methods])
    told: list[Any] = json.loads(tools.run("node", str(RUN), str(built), events, cwd=built, **environment))
    return told


def main(chosen: list[str]) -> None:
    """Build the apps of the named vendors, or of all."""
    with tempfile.TemporaryDirectory(prefix="zapier-build-") as name:
        folder = Path(name)
        say(f"Installing zapier-platform-cli {CORE} and Node {NODE} into a folder that is thrown away …")
        tools = install(folder)
        with running(folder) as sandbox:
            for vendor in chosen or vendors():
                started = time.monotonic()
                built = build(tools, vendor, folder, sandbox)
                size = (folder / vendor / "build" / "build.zip").stat().st_size
                account, *polls = execute(tools, vendor, built, sandbox)
                rows = sum(map(len, polls))
                if not rows:
                    raise SystemExit(f"The triggers of {vendor} found no record in the sandbox.")
                say(
                    f"{vendor}: valid; build.zip has {size / 1e6:.2f} MB; run from it as "
                    f"{account['account']!r}, {len(polls)} triggers gave {rows} records "
                    f"({time.monotonic() - started:.0f} s)."
                )


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
