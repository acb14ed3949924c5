"""Lint checks that a package keeps the login secret, and neither installs nor runs other code."""

import re
from collections.abc import Iterator

from connector.generator.n8n.files import Package

SECRET = re.compile(r"key|secret|token|password", re.IGNORECASE)
CLIENT = re.compile(r"\b(?:fetch\(|axios|node:https?|httpRequest)")
ADDRESS = re.compile(r"http://(?!127\.0\.0\.1|localhost|host\.docker\.internal|www\.w3\.org)[\w.]+")
SENDERS = ("lib/requests.ts", "lib/session.ts", "lib/files.ts")


def n007_secrets_are_passwords(package: Package) -> Iterator[str]:
    """Check that fields for secrets are password fields, so that n8n hides their values."""
    for one in package.credential["properties"]:
        is_password = one.get("typeOptions", {}).get("password")
        if SECRET.search(one["name"]) and not is_password:
            yield f"The credential shows the field {one['name']}. Mark it as secret in the catalog."


def n008_secrets_are_hidden_in_errors(package: Package) -> Iterator[str]:
    """Check that the code removes each secret from error messages, which may repeat a vendor's message."""
    for one in package.credential["properties"]:
        if one.get("typeOptions", {}).get("password") and one["name"] not in package.vendor["secrets"]:
            yield f"Errors may show {one['name']}: data.ts does not list it in `secrets`. Generate again."


def n009_every_address_is_safe(package: Package) -> Iterator[str]:
    """Check that no file contains a URL that begins with `http://`, except URLs of this machine."""
    for path, text in package.files.items():
        for address in sorted(set(ADDRESS.findall(text))):
            yield f"{path} contains {address}, which is not encrypted. Use https."


def n010_nothing_is_installed(package: Package) -> Iterator[str]:
    """Check that the package has no dependencies, and no scripts that run when it is installed."""
    for name in ("dependencies", "optionalDependencies", "bundledDependencies", "overrides"):
        if package.manifest.get(name):
            yield f"package.json has {name}. n8n's cloud loads no package with them: remove them."
    for script in sorted(package.manifest.get("scripts", {})):
        if re.match(r"(pre|post)?install|prepare$", script):
            yield f"package.json runs {script} when it is installed. Remove the script."


def n011_every_request_is_in_one_place(package: Package) -> Iterator[str]:
    """Check that requests are sent only by the modules that check the address and hide secrets."""
    for path, text in package.files.items():
        if path.endswith(".ts") and not path.endswith(SENDERS) and CLIENT.search(text):
            yield f"{path} sends a request of its own. Call `send` of lib/requests.ts."
