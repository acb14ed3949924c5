"""Builds a package's package.json, its icons, and the configuration files of n8n's tools."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connector.definition.model import Integration
from connector.errors import ConfigurationError
from connector.generator.n8n.naming import class_name

CLI = "0.48.3"
"""The version of n8n's program that checks and builds the package."""
KEPT = ("author", "repository", "homepage")
"""The fields of package.json that the publisher fills in; `returns generate` keeps their values."""
PUBLISHER: Mapping[str, Any] = {
    "author": {"name": "Returns Connector", "email": "connector@example.com"},
}
COMPILER: Mapping[str, Any] = {
    "compilerOptions": {
        "strict": True,
        "module": "commonjs",
        "moduleResolution": "node",
        "target": "es2022",
        "lib": ["es2022"],
        "removeComments": True,
        "useUnknownInCatchVariables": False,
        "forceConsistentCasingInFileNames": True,
        "noImplicitAny": True,
        "noImplicitReturns": True,
        "noUnusedLocals": True,
        "strictNullChecks": True,
        "esModuleInterop": True,
        "resolveJsonModule": True,
        "declaration": True,
        "sourceMap": True,
        "skipLibCheck": True,
        "outDir": "./dist/",
    },
    "include": ["credentials/**/*", "nodes/**/*", "nodes/**/*.json", "package.json"],
}


def package_name(integration: Integration) -> str:
    """Return the name under which the package is published on npm."""
    return f"n8n-nodes-{integration.vendor.title.lower().replace(' ', '-')}"


def has_trigger_node(integration: Integration) -> bool:
    """Return True if the package has a trigger node, because it has triggers that poll or are posted."""
    return bool(integration.triggers or integration.posted)


def package_files(integration: Integration, publisher: Mapping[str, Any]) -> dict[str, str]:
    """Build package.json, the settings of the compiler and n8n's lint, and the nodes' metadata files."""
    name = class_name(integration.vendor)
    return {
        "package.json": as_json(_manifest(integration, publisher)),
        "tsconfig.json": as_json(COMPILER),
        "eslint.config.mjs": "import { config } from '@n8n/node-cli/eslint';\n\nexport default config;\n",
        **{f"nodes/{name}/{one}.node.json": as_json(_codex(integration, one)) for one in _nodes(integration)},
    }


def _nodes(integration: Integration) -> list[str]:
    """Return the names of the nodes; a package without triggers has no trigger node."""
    name = class_name(integration.vendor)
    return [name, *([f"{name}Trigger"] if has_trigger_node(integration) else [])]


def _manifest(integration: Integration, publisher: Mapping[str, Any]) -> dict[str, Any]:
    package, name = package_name(integration), class_name(integration.vendor)
    default = {
        **PUBLISHER,
        "homepage": integration.vendor.homepage,
        "repository": {"type": "git", "url": f"git+https://example.com/{package}.git"},
    }
    kept = {key: publisher.get(key, value) for key, value in default.items()}
    # `npm publish` rejects a private package, so a package without a repository is not published by accident.
    private = {"private": True} if kept["repository"] == default["repository"] else {}
    return {
        "name": package,
        "version": integration.vendor.app_version,
        "description": f"n8n nodes for {integration.vendor.title}. {integration.vendor.description}",
        "license": "MIT",
        **private,
        "keywords": ["n8n-community-node-package", "returns", integration.vendor.id],
        **kept,
        "scripts": {"build": "n8n-node build", "lint": "n8n-node lint", "dev": "n8n-node dev"},
        "files": ["dist"],
        "n8n": {
            "n8nNodesApiVersion": 1,
            "strict": True,
            "credentials": [f"dist/credentials/{name}Api.credentials.js"],
            "nodes": [f"dist/nodes/{name}/{one}.node.js" for one in _nodes(integration)],
        },
        "devDependencies": {
            "@n8n/node-cli": CLI,
            "eslint": "9.29.0",
            "prettier": "3.6.2",
            "typescript": "5.9.2",
        },
        "peerDependencies": {"n8n-workflow": "*"},
    }


def _codex(integration: Integration, node: str) -> dict[str, Any]:
    pages = [{"url": integration.vendor.homepage}]
    return {
        "node": f"{package_name(integration)}.{node[:1].lower()}{node[1:]}",
        "nodeVersion": "1.0",
        "codexVersion": "1.0",
        "categories": ["Sales"],
        "resources": {"credentialDocumentation": pages, "primaryDocumentation": pages},
    }


def kept_publisher(folder: Path) -> dict[str, Any]:
    """Read the author, repository and homepage that the publisher entered in package.json.

    Returns an empty dictionary if there is no package. Raises `ConfigurationError` if package.json is not a
    JSON object, because generating the package would overwrite it.
    """
    file = folder / "package.json"
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text("utf-8-sig"))
        return {name: content[name] for name in KEPT if name in content}
    except (ValueError, TypeError, RecursionError) as problem:
        raise ConfigurationError(
            f"{file} is not a JSON object, so the author of the package would be lost. Fix the file."
        ) from problem


def as_json(value: Any) -> str:
    """Format a value as the content of a JSON file."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
