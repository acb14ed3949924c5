"""Writes Make's expressions (IML): `{{body.data}}`, `{{if(parameters.status, item.status, true)}}`.

Relies on Make's documentation of IML (developers.make.com, block elements): names joined by dots, backticks
around a name that is not a plain word, texts in quotes, functions with commas, `=`, `&&`, `<`.
"""

import re
from collections.abc import Iterable

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def braced(expression: str) -> str:
    """Put an expression in braces: `body.data` -> `{{body.data}}`."""
    return f"{{{{{expression}}}}}"


def unbraced(template: str) -> str:
    """Return a text as part of an expression: without its braces, or as a literal if it has none."""
    whole = template.startswith("{{") and template.endswith("}}") and template.count("{{") == 1
    return template[2:-2] if whole else text(template)


def at(root: str, path: Iterable[str]) -> str:
    """Return the name of the value at a path: `item.customer.email`; `item` for the empty path.

    A step of digits is an index in a list, counted from 0. Make counts from 1: `body.errors[1].message`.
    """
    steps = (f"[{int(step) + 1}]" if step.isdecimal() else f".{_name(step)}" for step in path)
    return "".join([root, *steps])


def text(value: str) -> str:
    """Return a text as a literal; raises ValueError for both kinds of quotes, as IML has no escape."""
    if "'" in value and '"' in value:
        raise ValueError(f"{value!r} contains both kinds of quotes, which an IML literal cannot.")
    quote = '"' if "'" in value else "'"
    return f"{quote}{value}{quote}"


def choice(subject: str, values: Iterable[tuple[str, str]], otherwise: str) -> str:
    """Return nested `if`s that map the value of `subject` to a result."""
    expression = otherwise
    for value, result in values:
        expression = f"if({subject} = {text(value)}, {result}, {expression})"
    return expression


def both(*conditions: str) -> str:
    """Join conditions with `&&`; empty ones are left out."""
    several = [one for one in conditions if one]
    return several[0] if len(several) == 1 else " && ".join(f"({one})" for one in several)


def same(one: str, other: str) -> str:
    """Return the comparison of two texts, ignoring case and surrounding spaces."""
    return f"lower(trim({one})) = lower(trim({other}))"


def described(parts: list[str], otherwise: str) -> str:
    """Join values with " · ", without empty ones; `otherwise` is used if the first one is empty."""
    if not parts:
        return braced(otherwise)
    first, *others = parts
    start = braced(f"ifempty({first}, {otherwise})")
    return start + "".join(braced(f"if({one}, ' · ' + {one}, '')") for one in others)


def template(words: str, names: dict[str, str]) -> str:
    """Replace placeholders by expressions: `{store_name} ({environment})` -> `{{…}} ({{…}})`."""
    return re.sub(r"\{(\w+)\}", lambda placeholder: braced(names[placeholder[1]]), words)


def trimmed(subject: str) -> str:
    """Return the expression of a value without surrounding spaces."""
    return f"trim({subject})"


def formatted_date(subject: str, pattern: str, zone: str | None = "UTC") -> str:
    """Return the expression of a date in a format, if it is not empty; `zone` None is the scenario's zone."""
    zone_argument = "" if zone is None else f", {text(zone)}"
    return f"if({subject}, formatDate({subject}, {text(pattern)}{zone_argument}), undefined)"


def _name(step: str) -> str:
    if "`" in step:
        raise ValueError(f"{step!r} contains a backtick, which an IML name cannot.")
    return step if PLAIN.fullmatch(step) else f"`{step}`"
