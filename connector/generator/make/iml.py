"""Builds expressions in IML, Make's expression language, such as `{{if(parameters.status, 1, 0)}}`.

The syntax follows Make's IML documentation (developers.make.com, block elements). Names are joined with dots,
and a name that is not a plain word is enclosed in backticks. Strings are quoted, and function arguments are
separated by commas. The operators include `=`, `&&` and `<`.
"""

import re
from collections.abc import Iterable

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def braced(expression: str) -> str:
    """Enclose an expression in double braces: `body.data` becomes `{{body.data}}`."""
    return f"{{{{{expression}}}}}"


def unbraced(template: str) -> str:
    """Remove the double braces around an expression: `{{body.data}}` becomes `body.data`.

    A string that is not a single expression in braces is returned as an IML literal.
    """
    whole = template.startswith("{{") and template.endswith("}}") and template.count("{{") == 1
    return template[2:-2] if whole else text(template)


def at(root: str, path: Iterable[str]) -> str:
    """Build the IML name of the value at a path inside `root`, such as `item.customer.email`.

    If the path is empty, the result is `root`. A step that consists of digits is a list index. List indexes
    count from 0 in `path` and from 1 in IML, so the path `("errors", "0", "message")` inside `body` becomes
    `body.errors[1].message`. Raises ValueError if a step contains a backtick.
    """
    steps = (f"[{int(step) + 1}]" if step.isdecimal() else f".{_name(step)}" for step in path)
    return "".join([root, *steps])


def text(value: str) -> str:
    """Quote a string for use as an IML literal.

    Raises ValueError if the string contains both kinds of quotes, because IML has no escape character.
    """
    if "'" in value and '"' in value:
        raise ValueError(f"{value!r} contains both kinds of quotes, which an IML literal cannot.")
    quote = '"' if "'" in value else "'"
    return f"{quote}{value}{quote}"


def choice(subject: str, values: Iterable[tuple[str, str]], otherwise: str) -> str:
    """Build an IML expression of nested `if` calls, whose result depends on the value of `subject`.

    `values` contains pairs of a value and the result for this value. For any other value, the result is
    `otherwise`.
    """
    expression = otherwise
    for value, result in values:
        expression = f"if({subject} = {text(value)}, {result}, {expression})"
    return expression


def both(*conditions: str) -> str:
    """Join IML conditions with `&&`, leaving out empty conditions."""
    several = [one for one in conditions if one]
    return several[0] if len(several) == 1 else " && ".join(f"({one})" for one in several)


def same(one: str, other: str) -> str:
    """Build an IML condition that is true if two strings are equal, ignoring case and surrounding spaces."""
    return f"lower(trim({one})) = lower(trim({other}))"


def described(parts: list[str], otherwise: str) -> str:
    """Build an IML template that joins the values of several expressions with " · ".

    `parts` contains the expressions. Empty values are left out, except that an empty first value is replaced
    by the value of the expression `otherwise`. If `parts` is empty, the result is that value alone.
    """
    if not parts:
        return braced(otherwise)
    first, *others = parts
    start = braced(f"ifempty({first}, {otherwise})")
    return start + "".join(braced(f"if({one}, ' · ' + {one}, '')") for one in others)


def template(words: str, names: dict[str, str]) -> str:
    """Replace the placeholders in `words` with the IML expressions in `names`.

    For example, `{store_name}` becomes `{{parameters.store_name}}`, if `names` maps `store_name` to
    `parameters.store_name`.
    """
    return re.sub(r"\{(\w+)\}", lambda placeholder: braced(names[placeholder[1]]), words)


def trimmed(subject: str) -> str:
    """Build an IML expression that removes spaces from both ends of a value."""
    return f"trim({subject})"


def formatted_date(subject: str, pattern: str, zone: str | None = "UTC") -> str:
    """Build an IML expression that formats a date, or returns `undefined` if the date is empty.

    If `zone` is None, the date is formatted in the scenario's time zone.
    """
    zone_argument = "" if zone is None else f", {text(zone)}"
    return f"if({subject}, formatDate({subject}, {text(pattern)}{zone_argument}), undefined)"


def _name(step: str) -> str:
    if "`" in step:
        raise ValueError(f"{step!r} contains a backtick, which an IML name cannot.")
    return step if PLAIN.fullmatch(step) else f"`{step}`"
