"""Lint checks for a Zapier app's package files: description, core version and build settings."""

import json
import re
from collections.abc import Iterator

from connector.generator.zapier.lint.app import App

DESCRIPTION = range(40, 141)
CORE = "zapier-platform-core"


def m002_app_description_is_about_the_service(app: App) -> Iterator[str]:
    """Check that the app's description has 40 to 140 characters, and does not mention Zapier or syncing."""
    text = json.loads(app.files["package.json"]).get("description", "")
    if len(text) not in DESCRIPTION:
        yield f"The app's description has {len(text)} characters. Use 40 to 140."
    if re.search(r"zapier|\bsync", text, re.IGNORECASE):
        yield f"The app's description is about the integration: {text!r}. Describe the service."


def h010_core_is_pinned(app: App) -> Iterator[str]:
    """Check that package.json, package-lock.json and the definition specify the same exact core version."""
    wanted = json.loads(app.files["package.json"]).get("dependencies", {}).get(CORE, "nothing")
    if not re.fullmatch(r"\d+\.\d+\.\d+", wanted):
        yield f"package.json requires {CORE} {wanted}. Give one exact version."
    elif app.definition.get("platformVersion") != wanted:
        stated = app.definition.get("platformVersion")
        yield f"The definition has platformVersion {stated}, package.json has core {wanted}. Use the same."
    locked = json.loads(app.files.get("package-lock.json", "{}")).get("packages", {})
    if locked.get(f"node_modules/{CORE}", {}).get("version") != wanted:
        yield f"package-lock.json does not contain {CORE} {wanted}. Update it."


def h011_package_can_be_built(app: App) -> Iterator[str]:
    """Check the settings in package.json and .zapierapprc that the built app needs.

    package.json must declare an ES module with `exports`, and must have the same version as the definition.
    .zapierapprc must add `require.mjs` to the build, because Zapier's build tool does not detect that this
    file is needed.
    """
    package = json.loads(app.files["package.json"])
    if package.get("type") != "module" or "exports" not in package or "main" in package:
        yield (
            'package.json needs "type": "module" and "exports", without "main". '
            "Otherwise the built app does not load."
        )
    if "require\\.mjs$" not in json.loads(app.files.get(".zapierapprc", "{}")).get("includeInBuild", []):
        yield r'.zapierapprc does not include a file that core needs. Add "require\\.mjs$" to includeInBuild.'
    if package.get("version") != app.definition.get("version"):
        stated = app.definition.get("version")
        yield f"package.json has version {package.get('version')}, the definition {stated}. Use the same."
