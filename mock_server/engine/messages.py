"""What a schema found wrong, said to the caller: which field, and what it must be."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from mock_server.engine.problem import FieldError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from jsonschema_rs import Draft4Validator, ValidationError

    Fault = tuple[str, tuple[str | int, ...], Any, ValidationError]
    """Keyword, place, kind and the error itself."""

MOST_FIELDS = 20
"""Refused fields listed in one answer."""
MOST_ECHOED = 80
"""Characters of the input repeated in one answer."""
_MOST_ERRORS = 5 * MOST_FIELDS
"""Several may be of one field."""
_LARGEST = 2**63
_OF_MEMBERS = {"required", "additionalProperties"}
_DECISIVE = ({"enum"}, {"maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"}, {"type"}, {"format"})
"""Errors that leave nothing to say for others of the same value; the first found goes before the next."""
WHOLE = "body"
"""The name of a body as a whole."""

_TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
}
_FORMATS = {
    "date-time": "a date and time such as 2024-12-30T10:30:00Z",
    "date": "a date such as 2024-12-30",
    "email": "an e-mail address",
    "uuid": "a UUID",
    "uri": "an absolute URI",
}
_IN_WORDS = {r"^[^\x00]*$": "must not contain NUL characters"}
"""Patterns that people should not have to read."""

_SENTENCES: dict[str, Callable[[Any], str]] = {
    "enum": lambda kind: f"must be one of {_words(kind.options)}",
    "type": lambda kind: f"must be {_either(_TYPES[name] for name in _without_doubles(kind.types))}",
    "format": lambda kind: f"must be {_FORMATS.get(kind.format, f'of the format {kind.format}')}",
    "minimum": lambda kind: f"must be at least {kind.limit}",
    "maximum": lambda kind: f"must be at most {kind.limit}",
    "exclusiveMinimum": lambda kind: f"must be more than {kind.limit}",
    "exclusiveMaximum": lambda kind: f"must be less than {kind.limit}",
    "minLength": lambda kind: f"must have at least {_count(kind.limit, 'character')}",
    "maxLength": lambda kind: f"must have at most {_count(kind.limit, 'character')}",
    "minItems": lambda kind: f"must have at least {_count(kind.limit, 'entry', 'entries')}",
    "maxItems": lambda kind: f"must have at most {_count(kind.limit, 'entry', 'entries')}",
    "minProperties": lambda kind: f"must have at least {_count(kind.limit, 'field')}",
    "maxProperties": lambda kind: f"must have at most {_count(kind.limit, 'field')}",
    "multipleOf": lambda kind: f"must be a multiple of {kind.multiple_of}",
    "pattern": lambda kind: _IN_WORDS.get(kind.pattern, f"must match the pattern {kind.pattern}"),
    "uniqueItems": lambda _: "must not repeat an entry",
    "not": lambda _: "is not accepted here",
}


def shorten(text: str) -> str:
    """Return at most `MOST_ECHOED` characters of something the caller sent."""
    return text if len(text) <= MOST_ECHOED else text[: MOST_ECHOED - 1] + "…"


def refusal(complaints: Sequence[FieldError]) -> Problem:
    """Name the first refused field in a sentence and list all of them, each once."""
    fields = _joined(complaints)
    first = f"{fields[0].field} {fields[0].message}"
    others = len(fields) - 1
    more = (
        f", and {_count(others, 'other field')} {'is' if others == 1 else 'are'} not valid" if others else ""
    )
    return Problem("invalid", f"{first}{more}.", tuple(fields[:MOST_FIELDS]))


def _joined(complaints: Sequence[FieldError]) -> Sequence[FieldError]:
    """Say all that is wrong with a field in one complaint."""
    if len({complaint.field for complaint in complaints}) == len(complaints):
        return complaints
    messages: dict[str, list[str]] = {}
    for complaint in complaints:
        said = messages.setdefault(complaint.field, [])
        if complaint.message not in said:
            said.append(complaint.message)
    return [FieldError(field, _sentence(said)) for field, said in messages.items()]


def _sentence(said: Sequence[str]) -> str:
    """Join messages: `must have …` and `must be …` become `must have … and be …`."""
    first, *rest = said
    must = "must "
    others = (more.removeprefix(must) if first.startswith(must) else more for more in rest)
    return " and ".join((first, *others))


def explain(validator: Draft4Validator, instance: Any, name: str = "") -> list[FieldError]:
    """Return what `validator` has against `instance`, fields named from `name` downwards; empty: nothing."""
    try:
        faults = [_fault(error) for error in islice(validator.iter_errors(instance), _MOST_ERRORS)]
    except ValueError:  # the validator's own limit on depth
        return [FieldError(name or WHOLE, "is nested too deeply")]
    if len(faults) == 1 or len({path for _, path, _, _ in faults}) == len(faults):
        return [complaint for fault in faults for complaint in _complaints(fault, name)][:MOST_FIELDS]
    complaints = [complaint for fault in _causes(faults) for complaint in _complaints(fault, name)]
    return [*_joined(complaints)[:MOST_FIELDS]]


def _fault(error: ValidationError) -> Fault:
    """Read an error of the validator once: each look at it makes new objects."""
    kind = error.kind
    return kind.name, (*error.instance_path,), kind, error


def _causes(faults: Sequence[Fault]) -> Iterable[Fault]:
    """Leave out what follows from another fault of the same value.

    What is none of the values allowed need not be told what type they have; a number beyond its bounds is
    beyond them first, even if the reader of JSON could keep it only as a fraction.
    """
    places: dict[tuple[str | int, ...], list[Fault]] = {}
    for fault in faults:
        places.setdefault(fault[1], []).append(fault)
    return [fault for found in places.values() for fault in _decisive(found)]


def _decisive(faults: Sequence[Fault]) -> Sequence[Fault]:
    """Return those of one value's faults that are to be told."""
    keywords = {keyword for keyword, *_ in faults}
    for deciding in _DECISIVE:
        if keywords & deciding:
            told = deciding | _OF_MEMBERS
            return [fault for fault in faults if fault[0] in told]
    return faults


def _complaints(fault: Fault, name: str) -> Iterator[FieldError]:
    keyword, place, kind, error = fault
    path = _path(name, place)
    if keyword == "required":
        yield FieldError(_path(path, (kind.value,)), "is required")
    elif keyword == "additionalProperties":
        for unexpected in kind.value:
            yield FieldError(_path(path, [unexpected]), "is not a known field")
    elif keyword in {"anyOf", "oneOf"}:
        yield from _alternatives(kind.value, path, name)
    elif keyword == "type" and "integer" in kind.types:
        yield FieldError(path or WHOLE, _of_whole_number(error.instance) or _SENTENCES["type"](kind))
    else:
        yield FieldError(path or WHOLE, _SENTENCES.get(keyword, lambda _: "is not valid")(kind))


def _of_whole_number(value: Any) -> str:
    """Say what keeps a whole number that was read as a fraction from being taken; "" for another value."""
    if not isinstance(value, float) or not value.is_integer():
        return ""
    if abs(value) >= _LARGEST:
        return "is too large" if value > 0 else "is too small"
    return "must be a whole number, written without a decimal point or an exponent"


def _alternatives(found: Iterable[Iterable[ValidationError]], path: str, name: str) -> Iterator[FieldError]:
    """Join what the branches say about one field; where they speak of several, take the likeliest branch."""
    branches = [
        [
            complaint
            for inner in _causes([_fault(error) for error in branch])
            for complaint in _complaints(inner, name)
        ]
        for branch in found
    ]
    branches = [branch for branch in branches if branch]
    fields = {complaint.field for branch in branches for complaint in branch}
    if len(fields) == 1:
        yield FieldError(fields.pop(), _choice([c.message for branch in branches for c in branch]))
    elif branches:
        yield from min(branches, key=len)
    else:
        yield FieldError(path or WHOLE, "fits more than one of the forms allowed")


def _choice(messages: Sequence[str]) -> str:
    """Join what one of several forms asks for: `must be … or …`."""
    must_be = "must be "
    alike = all(message.startswith(must_be) for message in messages)
    wishes = _without_doubles(message.removeprefix(must_be) if alike else message for message in messages)
    return f"{must_be if alike else ''}{_either(wishes)}"


def _path(start: str, parts: Iterable[str | int]) -> str:
    path = start
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path = f"{path}.{shorten(part)}" if path else shorten(part)
    return path


def _words(options: Iterable[Any]) -> str:
    return ", ".join("null" if option is None else str(option) for option in options)


def _without_doubles(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _either(words: Iterable[str]) -> str:
    return " or ".join(words)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
