"""Checks of the package: what the platform's build and its publishing form ask for."""

import json
import re
from collections.abc import Iterator

from connector.generator.zapier.lint.app import App

DESCRIPTION = range(40, 141)
CORE = "zapier-platform-core"


def m002_app_is_described_as_what_it_is(app: App) -> Iterator[str]:
    """40 to 140 characters about the service, not about Zapier."""
    text = json.loads(app.files["package.json"]).get("description", "")
    if len(text) not in DESCRIPTION:
        yield f"The app's description has {len(text)} characters; 40 to 140 are asked for."
    if re.search(r"zapier|\bsync", text, re.IGNORECASE):
        yield f"The app's description speaks of the integration, not of the service: {text!r}."


def h010_core_is_pinned(app: App) -> Iterator[str]:
    """The platform accepts one exact version of its core, the same in package, lock and definition."""
    wanted = json.loads(app.files["package.json"]).get("dependencies", {}).get(CORE, "nothing")
    if not re.fullmatch(r"\d+\.\d+\.\d+", wanted):
        yield f"package.json asks for {CORE} {wanted}; name one exact version."
    elif app.definition.get("platformVersion") != wanted:
        yield f"The definition states core {app.definition.get('platformVersion')}, package.json {wanted}."
    locked = json.loads(app.files.get("package-lock.json", "{}")).get("packages", {})
    if locked.get(f"node_modules/{CORE}", {}).get("version") != wanted:
        yield f"package-lock.json does not hold {CORE} {wanted}."


def h011_package_can_be_built(app: App) -> Iterator[str]:
    """`exports` is what the built app is loaded by; the core reaches one file that the build overlooks."""
    package = json.loads(app.files["package.json"])
    if package.get("type") != "module" or "exports" not in package or "main" in package:
        yield 'package.json needs "type": "module" and "exports"; with "main" the built app does not load.'
    if "require\\.mjs$" not in json.loads(app.files.get(".zapierapprc", "{}")).get("includeInBuild", []):
        yield r'.zapierapprc has to include "require\\.mjs$" in the build.'
    if package.get("version") != app.definition.get("version"):
        yield f"package.json has version {package.get('version')}, the definition another."
