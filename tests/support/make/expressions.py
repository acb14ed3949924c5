"""Evaluates Make's expressions: the value of `{{…}}` in a context, alone or within a larger value."""

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from connector.generator.make.lint.iml import Call, Literal, Name, Node, Operation, Piece, pieces


class Undefined:
    """JavaScript's `undefined`: omitted from bodies and queries."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = Undefined()
SCENARIO_ZONE = ZoneInfo("Australia/Sydney")
"""The zone of the scenario, in which Make reads and writes dates unless the expression names one. It is not
UTC, so that an expression that forgets the zone fails a test."""
SPREAD = "{{...}}"
CONSTANTS: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "undefined": UNDEFINED,
    "emptystring": "",
    "emptyarray": [],
    "newline": "\n",
}
Context = Mapping[str, Any]

_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}
_TOKENS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


def transform(value: Any, context: Context) -> Any:
    """Evaluate every text in a value; undefined members are omitted."""
    if isinstance(value, str):
        return template(value, context)
    if isinstance(value, list):
        return [transform(one, context) for one in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, inner in value.items():
        made = transform(inner, context)
        if key == SPREAD:
            found |= made if isinstance(made, dict) else {}
        elif made is not UNDEFINED:
            found[key] = made
    return found


def template(text: str, context: Context) -> Any:
    """Evaluate a text: a single expression keeps its type, mixed with other text it becomes text."""
    parts = _read(text)
    if len(parts) == 1 and not isinstance(parts[0], str):
        return evaluate(parts[0], context)
    return "".join(one if isinstance(one, str) else as_text(evaluate(one, context)) for one in parts)


@lru_cache(maxsize=4_096)  # every row of a list is compared with the same condition
def _read(text: str) -> tuple[Piece, ...]:
    return tuple(pieces(text))


def as_text(value: Any) -> str:
    if is_nothing(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():  # a number of JavaScript
        return str(int(value))
    return iso(value) if isinstance(value, datetime) else str(value)


def is_nothing(value: Any) -> bool:
    return value is None or value is UNDEFINED


def evaluate(node: Node, context: Context) -> Any:
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Name):
        return CONSTANTS[node.root] if node.root in CONSTANTS else _look_up(node, context)
    if isinstance(node, Call):
        return _call(node, context)
    return _operate(node, context)


def _look_up(name: Name, context: Context) -> Any:
    found = context.get(name.root, UNDEFINED)
    for step in name.steps:
        if isinstance(step, int):
            found = found[step - 1] if isinstance(found, list) and 0 < step <= len(found) else UNDEFINED
        else:
            found = found.get(step, UNDEFINED) if isinstance(found, Mapping) else UNDEFINED
    return found


def _operate(node: Operation, context: Context) -> Any:
    if node.left is None:
        only = evaluate(node.right, context)
        return not only if node.operator == "!" else -only
    left = evaluate(node.left, context)
    if node.operator in ("&&", "||"):
        decided = bool(left) == (node.operator == "||")
        return left if decided else evaluate(node.right, context)
    return _compute(node.operator, left, evaluate(node.right, context))


def _compute(sign: str, left: Any, right: Any) -> Any:
    if sign in ("=", "==", "==="):
        return _same(left, right)
    if sign in ("!=", "!=="):
        return not _same(left, right)
    if sign == "+":
        texts = isinstance(left, str) or isinstance(right, str)
        return as_text(left) + as_text(right) if texts else left + right
    if is_nothing(left) or is_nothing(right):
        return False
    return _ORDER[sign](left, right)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _call(node: Call, context: Context) -> Any:
    if node.function == "if":
        condition, then, otherwise = node.arguments
        return evaluate(then if evaluate(condition, context) else otherwise, context)
    arguments = [evaluate(one, context) for one in node.arguments]
    if node.function not in FUNCTIONS:
        raise NotImplementedError(f"The emulator has no function {node.function}.")
    return FUNCTIONS[node.function](*arguments)


# --- Dates


def moment(value: Any) -> datetime:
    """Return a date as Make stores it, a moment; without a zone it is in the scenario's zone."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=SCENARIO_ZONE)


def _parse_date(value: Any, form: str = "", *_zone: str) -> Any:
    if is_nothing(value):
        return UNDEFINED
    return parsedate_to_datetime(str(value)) if form.startswith("ddd,") else moment(value)


def iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _format_date(value: Any, form: str, zone: str = "") -> Any:
    if is_nothing(value):
        return UNDEFINED
    there = ZoneInfo(zone) if zone else SCENARIO_ZONE
    when, made, rest = moment(value).astimezone(there), "", form
    while rest:
        if rest[0] == "[":
            literal, _, rest = rest[1:].partition("]")
            made += literal
            continue
        token = next((one for one in _TOKENS if rest.startswith(one)), "")
        made += when.strftime(_TOKENS[token]) if token else rest[0]
        rest = rest[len(token) or 1 :]
    return made


def _add(**unit: float) -> Callable[[Any, Any], Any]:
    def added(value: Any, count: Any) -> Any:
        if is_nothing(value):
            return UNDEFINED
        return moment(value) + timedelta(**unit) * count

    return added


# --- Functions


def _if_empty(value: Any, otherwise: Any) -> Any:
    return otherwise if is_nothing(value) or value == "" else value


def _map(values: Any, key: str, filter_key: str = "", wanted: str = "") -> list[Any]:
    """Return the values at a dotted path; rows without it are skipped.

    With `filter_key`, only rows with one of the comma-separated values `wanted` at this key are considered.
    """
    found: list[Any] = list(values or [])
    if filter_key:
        found = [one for one in found if as_text(one.get(filter_key, "")) in wanted.split(",")]
    for name in key.split("."):
        found = [one[name] for one in found if isinstance(one, Mapping) and name in one]
    return found


def _flatten(values: Any) -> list[Any]:
    """Return the items of nested lists in one list."""
    return [each for one in values or [] for each in (_flatten(one) if isinstance(one, list) else [one])]


def _switch(value: Any, *pairs: Any) -> Any:
    """Return the result after the first case that equals the value, or the last argument."""
    cases = dict(zip(pairs[:-1:2], pairs[1::2], strict=True))
    return cases.get(value, pairs[-1])


def _omit(value: Any, *keys: str) -> Any:
    return {key: one for key, one in value.items() if key not in keys} if isinstance(value, Mapping) else {}


def _to_collection(pairs: Any, key: str, value: str) -> dict[str, Any]:
    return {one[key]: one.get(value, "") for one in pairs or []}


def _text(function: Callable[[str], str]) -> Callable[[Any], Any]:
    return lambda value: UNDEFINED if is_nothing(value) else function(as_text(value))


def _contains(where: Any, what: Any) -> bool:
    return not is_nothing(where) and what in where


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ifempty": _if_empty,
    "formatDate": _format_date,
    "parseDate": _parse_date,
    "addSeconds": _add(seconds=1),
    "addMinutes": _add(minutes=1),
    "addHours": _add(hours=1),
    "addDays": _add(days=1),
    "lower": _text(str.lower),
    "upper": _text(str.upper),
    "trim": _text(str.strip),
    "sort": lambda values: sorted(values or []),
    "length": lambda value: 0 if is_nothing(value) else len(value),
    "sum": lambda values: sum(values or []),
    "deduplicate": lambda values: list(dict.fromkeys(values or [])),
    "switch": _switch,
    "join": lambda values, joint: joint.join(as_text(one) for one in values or []),
    "map": _map,
    "flatten": _flatten,
    "omit": _omit,
    "split": lambda value, joint: [] if is_nothing(value) else as_text(value).split(joint),
    "substring": lambda value, start, end: "" if is_nothing(value) else as_text(value)[start:end],
    "toCollection": _to_collection,
    "contains": _contains,
    "first": lambda values: values[0] if values else UNDEFINED,
    "last": lambda values: values[-1] if values else UNDEFINED,
    "replace": lambda value, old, new: as_text(value).replace(old, new),
    "toString": as_text,
    "sha256": lambda value: sha256(as_text(value).encode()).hexdigest(),
    "parseNumber": lambda value: UNDEFINED if is_nothing(value) else int(value),
}
