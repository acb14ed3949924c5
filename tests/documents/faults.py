"""The lists of faults and scenarios in docs/faults.md."""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from mock_server.faults.kinds import KINDS, Kind
from mock_server.faults.scenarios import SCENARIOS

WIDTH = 118
LINE_LENGTH = 110
TARGETS = {
    "requests": "Any request",
    "reads": "Requests that read",
    "webhooks": "Webhooks",
}


def faults() -> str:
    """Return every kind of fault with its parameters, and a test that adds one of each."""
    lines: list[str] = []
    for target, title in TARGETS.items():
        lines += [f"**{title}**", ""]
        for name, kind in KINDS.items():
            if kind.target == target:
                lines += _wrapped("-", f"`{name}`: {kind.description}")
                for parameter, schema in kind.parameters.items():
                    lines += _wrapped("  -", f"`{parameter}`: {_parameter(schema)}")
        lines.append("")
    calls = [_call(_arguments(name, kind)) for name, kind in KINDS.items()]
    head = ["```python", "import pytest", "", "", "@pytest.mark.returns_tenant(seed_size=0)"]
    head.append("def test_one_of_each(returns_tenant):")
    check = [f"    assert len(returns_tenant.faults.list()) == {len(KINDS)}", "```"]
    return "\n".join([*lines, "One of each, in a test:", "", *head, *calls, *check])


def scenarios() -> str:
    """Return every scenario with its description and its faults."""
    lines: list[str] = []
    for name, scenario in SCENARIOS.items():
        lines += _wrapped("-", f"`{name}`: {scenario.description}")
        for fault in scenario.faults:
            when = "".join(f", {key} {value}" for key, value in fault.get("when", {}).items())
            set_ = "".join(f", {key} {value}" for key, value in fault.get("parameters", {}).items())
            lines += _wrapped("  -", f"`{fault['what']}`{set_}{when}")
    return "\n".join(lines)


def _parameter(schema: Mapping[str, Any]) -> str:
    facts = [", ".join(f"`{choice}`" for choice in schema["enum"])] if "enum" in schema else []
    if "minimum" in schema:
        facts.append(f"{schema['minimum']:,} to {schema['maximum']:,}")
    if "default" in schema:
        default = schema["default"]
        shown = str(default).lower() if isinstance(default, bool) else default
        facts.append(f"{shown:,} if missing" if type(default) is int else f"`{shown}` if missing")
    return f"{schema['description']} ({'; '.join(facts)})" if facts else schema["description"]


def _arguments(name: str, kind: Kind) -> str:
    """Return the arguments of `add` for a fault with all of its parameters."""
    values = {key: schema.get("default", schema.get("example")) for key, schema in kind.parameters.items()}
    given = "".join(f", {key}={_literal(value)}" for key, value in values.items())
    return f'"{name}"{given}'


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _wrapped(mark: str, text: str) -> Iterator[str]:
    indent = " " * (len(mark) + 1)
    yield from wrap(text, WIDTH, initial_indent=f"{mark} ", subsequent_indent=indent, break_on_hyphens=False)


def _call(arguments: str) -> str:
    """Return the call, on three lines if it is too long for one, as ruff formats it."""
    line = f"    returns_tenant.faults.add({arguments})"
    if len(line) <= LINE_LENGTH:
        return line
    return f"    returns_tenant.faults.add(\n        {arguments}\n    )"
