"""The emulator without a sandbox: an app in memory, and a function that answers as the vendor."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from support.make.engine import Connected, MakeApp
from support.make.requests import Wire

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
HOST = "https://api.shop.example"
Answer = Callable[[httpx.Request], httpx.Response]


def loaded(texts: Mapping[str, str]) -> MakeApp:
    """Load a rendered app without writing it to disk."""
    found = {
        path.removeprefix("src/"): json.loads(text)
        for path, text in texts.items()
        if path.startswith("src/") and path.endswith(".json")
    }
    return MakeApp(found["makecomapp.json"], found)


def small(base: Mapping[str, Any], **modules: Mapping[str, Any]) -> MakeApp:
    """Return an app of some modules, each given by its code files; missing files are empty."""
    files: dict[str, Any] = {"base": {"baseUrl": HOST, **base}}
    entries = {}
    for name, codes in modules.items():
        known = {"staticParams": [], "mappableParams": [], **codes}
        entries[name] = {"codeFiles": {code: f"{name}.{code}" for code in known}}
        files |= {f"{name}.{code}": value for code, value in known.items()}
    manifest = {"generalCodeFiles": {"base": "base"}, "components": {"module": entries}}
    return MakeApp(manifest, files)


def played(app: MakeApp, answer: Answer, hosts: Mapping[str, str] | None = None, **login: Any) -> Connected:
    """Connect an app to a function that answers as the vendor."""
    client = httpx.Client(transport=httpx.MockTransport(answer), trust_env=False)
    return Connected(app, Wire(client, hosts or {HOST: HOST}), NOW, login)
