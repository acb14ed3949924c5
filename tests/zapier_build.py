"""`make zapier-build`: validate and build the Zapier apps with Zapier's program, and run them.

The program (188 MB, and a recent Node of the same size) is installed into a folder that is deleted
afterwards. The apps keep the packages of their own lock files. Nothing is sent to Zapier, and no login
is needed. The vendors' apps run at a sandbox, and the hub's app at a hub that is connected to all vendors
of this sandbox.
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
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.hub_process import running_hub
from support.sandbox import Sandbox, running
from support.zapier import APPS

import openapi
from connector.definition.compiler import app, apps, vendors
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


@dataclass(frozen=True)
class Service:
    """The API that an app is run against.

    `auth` contains the values of the app's login, and `inputs` those of its triggers. `printed` maps words
    of the app's README to their replacements, so that its commands reach this API.
    """

    base_url: str
    auth: Mapping[str, str]
    printed: Mapping[str, str]
    inputs: Mapping[str, str] = field(default_factory=dict)


def at_sandbox(vendor: str, sandbox: Sandbox) -> Service:
    """Return the API of a vendor in the sandbox, with the login of a new tenant without rate limits."""
    login = sandbox.credentials(vendor, sandbox.tenant(f"built-{vendor}", limits="off"))
    auth = {**login["fields"], "environment": "sandbox"}
    return Service(login["base_url"], auth, {"http://127.0.0.1:4010": sandbox.url})


@contextmanager
def at_hub(folder: Path, sandbox: Sandbox) -> Iterator[Service]:
    """Run a hub that is connected to all vendors of the sandbox until the block ends."""
    tenant = sandbox.tenant("built-hub", limits="off")
    with running_hub(folder) as hub:
        for vendor in vendors():
            login = sandbox.credentials(vendor, tenant)
            shop = {key: login[key] for key in ("base_url", "fields")}
            hub.api.post("/connections", json={"vendor": vendor, "name": vendor, **shop}).raise_for_status()
        printed = {"http://127.0.0.1:4020": hub.url, "your-hub-key": hub.key}
        auth = {"base_url": hub.url, "api_key": hub.key}
        yield Service(hub.url, auth, printed, {"connection": "all"})


def build(tools: Tools, name: str, folder: Path, service: Service) -> Path:
    """Validate a copy of an app, then follow its README; return the folder of the built app."""
    copy = folder / name
    shutil.copytree(APPS / name, copy, ignore=shutil.ignore_patterns(*INSTALLED))
    tools.run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=copy)
    refused = json.loads(tools.run("zapier-platform", *VALIDATE, cwd=copy))
    if refused:
        raise SystemExit(f"zapier-platform refuses {name}:\n{json.dumps(refused, indent=2)}")
    tools.run("bash", "-euc", _printed(copy, service.printed), cwd=copy)
    built = folder / f"{name}-built"
    with zipfile.ZipFile(copy / "build" / "build.zip") as archive:
        archive.extractall(built)
    return built


def _printed(copy: Path, replaced: Mapping[str, str]) -> str:
    """Return the README's commands that need no account: write .env, call the app, build it."""
    readme = (copy / "README.md").read_text("utf-8")
    found = re.search(r"```sh\n(cat > \.env.*?)```", readme, re.DOTALL)
    if found is None or "build --skip-validation" not in found[1]:
        raise SystemExit(f"The README of {copy.name} does not say how to try and build the app.")
    commands = found[1]
    for word, replacement in replaced.items():
        if word not in commands:
            raise SystemExit(f"The commands in the README of {copy.name} do not contain {word}.")
        commands = commands.replace(word, replacement)
    return commands


def execute(tools: Tools, name: str, built: Path, service: Service) -> list[Any]:
    """Run the login test and every visible trigger of the built app, and return their results.

    The triggers look for samples, which may be of any age, because the sandbox's clock is not the machine's.
    """
    offer = app(name)
    override = {override_variable(offer): service.base_url}
    definition = json.loads((built / "definition.json").read_text("utf-8"))
    shown = [key for key, one in definition["triggers"].items() if not one["display"].get("hidden")]
    kinds = {key: definition["triggers"][key]["operation"].get("type") for key in shown}
    performs = [f"triggers.{key}.operation.perform{'List' * (kinds[key] == 'hook')}" for key in shown]
    bundle = {"inputData": service.inputs, "authData": dict(service.auth), "meta": {"isLoadingSample": True}}
    if not offer.authentication.field:
        [session] = _run(tools, built, ["authentication.sessionConfig.perform"], bundle, override)
        bundle["authData"] |= session
    return _run(tools, built, ["authentication.test", *performs], bundle, override)


def _run(
    tools: Tools, built: Path, methods: list[str], bundle: Mapping[str, Any], environment: dict[str, str]
) -> list[Any]:
    events = json.dumps([{"method": method, "bundle": bundle} for method in methods])
    printed = tools.run("node", str(RUN), str(built), events, cwd=built, **environment)
    results: list[Any] = json.loads(printed)
    return results


def main(chosen: list[str]) -> None:
    """Build the named apps, or all."""
    with tempfile.TemporaryDirectory(prefix="zapier-build-") as name:
        folder = Path(name)
        say(f"Installing zapier-platform-cli {CORE} and Node {NODE} into a folder that is deleted later …")
        tools = install(folder)
        with running(folder) as sandbox, ExitStack() as hubs:
            for one in chosen or apps():
                hub = one == openapi.HUB
                service = hubs.enter_context(at_hub(folder, sandbox)) if hub else at_sandbox(one, sandbox)
                check(tools, one, folder, service)


def check(tools: Tools, name: str, folder: Path, service: Service) -> None:
    """Build one app and run it; exit if its triggers find nothing."""
    started = time.monotonic()
    built = build(tools, name, folder, service)
    size = (folder / name / "build" / "build.zip").stat().st_size
    account, *polls = execute(tools, name, built, service)
    rows = sum(map(len, polls))
    if not rows:
        raise SystemExit(f"The triggers of {name} found no record.")
    say(
        f"{name}: valid; build.zip has {size / 1e6:.2f} MB; run from it as {account['account']!r}, "
        f"{len(polls)} triggers returned {rows} records ({time.monotonic() - started:.0f} s)."
    )


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
