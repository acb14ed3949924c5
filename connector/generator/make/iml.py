"""Make's expressions as text: `{{body.data}}`, `{{if(parameters.status, item.status, true)}}`.

What is relied on, of Make's documentation of IML (developers.make.com, block elements): names joined by dots,
back-ticks round a name that is no plain word, texts in single quotes, functions with commas, `=`, `&&`, `<`.
"""

import re
from collections.abc import Iterable

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def braced(expression: str) -> str:
    """`body.data` -> `{{body.data}}`."""
    return f"{{{{{expression}}}}}"


def unbraced(template: str) -> str:
    """Write a text that is one expression, or holds none, as part of an expression."""
    whole = template.startswith("{{") and template.endswith("}}") and template.count("{{") == 1
    return template[2:-2] if whole else text(template)


def at(root: str, path: Iterable[str]) -> str:
    """Name the value at a path: `item.customer.email`, and `item` itself for the empty path.

    A step of digits is a place in a list, counted from 0; Make counts from 1: `body.errors[1].message`.
    """
    steps = (f"[{int(step) + 1}]" if step.isdecimal() else f".{_name(step)}" for step in path)
    return "".join([root, *steps])


def text(value: str) -> str:
    """Write a text as a literal of an expression; no expression can hold both kinds of quotes."""
    if "'" in value and '"' in value:
        raise ValueError(f"IML has no literal for {value!r}.")
    quote = '"' if "'" in value else "'"
    return f"{quote}{value}{quote}"


def choice(subject: str, values: Iterable[tuple[str, str]], otherwise: str) -> str:
    """Nest `if`s: the result that belongs to the value that `subject` has."""
    found = otherwise
    for value, result in values:
        found = f"if({subject} = {text(value)}, {result}, {found})"
    return found


def both(*conditions: str) -> str:
    """Join conditions that all have to hold; a single one stands alone."""
    several = [one for one in conditions if one]
    return several[0] if len(several) == 1 else " && ".join(f"({one})" for one in several)


def same(one: str, other: str) -> str:
    """Compare two texts, ignoring case and blanks around them."""
    return f"lower(trim({one})) = lower(trim({other}))"


def described(parts: list[str], otherwise: str) -> str:
    """Join values by " · ", leaving out the empty ones; `otherwise` stands where all are empty."""
    if not parts:
        return braced(otherwise)
    first, *others = parts
    start = braced(f"ifempty({first}, {otherwise})")
    return start + "".join(braced(f"if({one}, ' · ' + {one}, '')") for one in others)


def template(words: str, names: dict[str, str]) -> str:
    """Turn `{store_name} ({environment})` into a text of expressions."""
    return re.sub(r"\{(\w+)\}", lambda found: braced(names[found[1]]), words)


def line(subject: str) -> str:
    """Write a value without the blanks around it."""
    return f"trim({subject})"


def moment(subject: str, form: str, zone: str | None = "UTC") -> str:
    """Write a date in a form of Make's tokens, if there is one; `zone` None is the scenario's own."""
    zoned = "" if zone is None else f", {text(zone)}"
    return f"if({subject}, formatDate({subject}, {text(form)}{zoned}), undefined)"


def _name(step: str) -> str:
    if "`" in step:
        raise ValueError(f"IML has no way to name {step!r}.")
    return step if PLAIN.fullmatch(step) else f"`{step}`"
