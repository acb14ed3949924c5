"""What a schema found wrong, said to the caller: which field, and what it must be."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from mock_server.engine.problem import FieldError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from jsonschema_rs import Draft4Validator, ValidationError

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


def _joined(complaints: Iterable[FieldError]) -> list[FieldError]:
    """Say all that is wrong with a field in one complaint."""
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
        errors = list(islice(validator.iter_errors(instance), _MOST_ERRORS))
    except ValueError:  # the validator's own limit on depth
        return [FieldError(name or WHOLE, "is nested too deeply")]
    complaints = [complaint for error in _causes(errors) for complaint in _complaints(error, name)]
    return _joined(complaints)[:MOST_FIELDS]


def _causes(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Leave out what follows from another error of the same value.

    What is none of the values allowed need not be told what type they have; a number beyond its bounds is
    beyond them first, even if the reader of JSON could keep it only as a fraction.
    """
    places: dict[tuple[str | int, ...], list[ValidationError]] = {}
    for error in errors:
        places.setdefault(tuple(error.instance_path), []).append(error)
    for found in places.values():
        decisive: set[str] = set()
        for keywords in _DECISIVE:
            decisive = decisive or {error.kind.name for error in found} & keywords
        for error in found:
            keyword = error.kind.name
            if keyword in _OF_MEMBERS or not decisive or keyword in decisive:
                yield error


def _complaints(error: ValidationError, name: str) -> Iterator[FieldError]:
    path = _path(name, error.instance_path)
    keyword = error.kind.name
    if keyword == "required":
        yield FieldError(_path(path, [error.kind.value]), "is required")
    elif keyword == "additionalProperties":
        for unexpected in error.kind.value:
            yield FieldError(_path(path, [unexpected]), "is not a known field")
    elif keyword in {"anyOf", "oneOf"}:
        yield from _alternatives(error, name)
    else:
        yield FieldError(path or WHOLE, _wish(error))


def _wish(error: ValidationError) -> str:
    """Say what a value must be."""
    kind, value = error.kind, error.instance
    if kind.name == "type" and isinstance(value, float) and value.is_integer() and "integer" in kind.types:
        if abs(value) >= _LARGEST:
            return "is too large" if value > 0 else "is too small"
        return "must be a whole number, written without a decimal point or an exponent"
    return _SENTENCES.get(kind.name, lambda _: "is not valid")(kind)


def _alternatives(error: ValidationError, name: str) -> Iterator[FieldError]:
    """Join what the branches say about one field; where they speak of several, take the likeliest branch."""
    branches = [[c for inner in branch for c in _complaints(inner, name)] for branch in error.kind.value]
    branches = [branch for branch in branches if branch]
    fields = {complaint.field for branch in branches for complaint in branch}
    if len(fields) == 1:
        wishes = _without_doubles(c.message.removeprefix("must be ") for branch in branches for c in branch)
        yield FieldError(fields.pop(), f"must be {_either(wishes)}")
    elif branches:
        yield from min(branches, key=len)
    else:
        yield FieldError(_path(name, error.instance_path) or WHOLE, "fits more than one of the forms allowed")


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
