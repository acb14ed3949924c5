"""Converts JSON Schema validation errors to messages for API users, such as "must be at least 1"."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from mock_server.engine.patterns import clause
from mock_server.engine.problem import FieldError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from jsonschema_rs import Draft4Validator, ValidationError

    from mock_server.engine.schema import Validator

    Fault = tuple[str, tuple[str | int, ...], Any, ValidationError]
    """A failed keyword, the path to the value, the error's details (`error.kind`), and the validation
    error."""

MAX_FIELDS = 20
"""The maximum number of invalid fields that one response lists."""
MAX_ECHOED = 80
"""The maximum number of characters of the request's input that a message repeats."""
_MAX_ERRORS = 5 * MAX_FIELDS
"""The maximum number of errors to read from the validator; a field can have several errors."""
_LARGEST = 2**63
_ABOUT_MEMBERS = {"required", "additionalProperties"}
_DECISIVE = ({"enum"}, {"maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"}, {"type"}, {"format"})
"""Keywords, most important first. If one of them fails, less important errors of the same value are left
out."""
WHOLE = "body"
"""The field name for errors that concern the whole body."""

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

_SENTENCES: dict[str, Callable[[Any], str]] = {
    "enum": lambda kind: f"must be one of {_words(kind.options)}",
    "type": lambda kind: f"must be {_either(_TYPES[name] for name in _unique(kind.types))}",
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
    "pattern": lambda kind: clause(kind.pattern),
    "uniqueItems": lambda _: "must not repeat an entry",
    "not": lambda _: "is not accepted here",
}


def shorten(text: str) -> str:
    """Shorten text from a request to at most `MAX_ECHOED` characters; shortened text ends in an ellipsis."""
    return text if len(text) <= MAX_ECHOED else text[: MAX_ECHOED - 1] + "…"


def refusal(errors: Sequence[FieldError]) -> Problem:
    """Build the `Problem` that reports invalid fields, listing each field once.

    The problem's message describes the first field and states how many other fields are not valid.
    """
    fields = _merged(errors)
    message = fields[0].message
    first = f"{fields[0].field}{': ' if message[:1].isupper() else ' '}{message.rstrip('.?')}"
    others = len(fields) - 1
    more = (
        f", and {_count(others, 'other field')} {'is' if others == 1 else 'are'} not valid" if others else ""
    )
    end = "?" if message.endswith("?") and not more else "."
    return Problem("invalid", f"{first}{more}{end}", tuple(fields[:MAX_FIELDS]))


def _merged(errors: Sequence[FieldError]) -> Sequence[FieldError]:
    """Merge all errors about the same field into one error with a joint message."""
    if len({error.field for error in errors}) == len(errors):
        return errors
    messages: dict[str, list[str]] = {}
    for error in errors:
        of_field = messages.setdefault(error.field, [])
        if error.message not in of_field:
            of_field.append(error.message)
    return [FieldError(field, _sentence(of_field)) for field, of_field in messages.items()]


def _sentence(messages: Sequence[str]) -> str:
    """Join all messages about one field with "and", without repeating "must": `must have … and be …`."""
    first, *rest = messages
    must = "must "
    others = (more.removeprefix(must) if first.startswith(must) else more for more in rest)
    return " and ".join((first, *others))


def explain(validator: Draft4Validator | Validator, instance: Any, name: str = "") -> list[FieldError]:
    """Validate `instance`, and return up to `MAX_FIELDS` errors, or an empty list if it is valid.

    Each error's field is a path that starts with `name`, such as `items[0].quantity` for the name `items`.
    """
    try:
        faults = [_fault(error) for error in islice(validator.iter_errors(instance), _MAX_ERRORS)]
    except ValueError:  # deeper than the validator supports
        return [FieldError(name or WHOLE, "is nested too deeply")]
    # The usual case: each error is about a different value, so no error can follow from another error.
    if len(faults) == 1 or len({path for _, path, _, _ in faults}) == len(faults):
        return [error for fault in faults for error in _field_errors(fault, name)][:MAX_FIELDS]
    errors = [error for fault in _causes(faults) for error in _field_errors(fault, name)]
    return [*_merged(errors)[:MAX_FIELDS]]


def _fault(error: ValidationError) -> Fault:
    """Copy an error's kind and path to a tuple, to read them only once: each access creates a new object."""
    kind = error.kind
    return kind.name, (*error.instance_path,), kind, error


def _causes(faults: Sequence[Fault]) -> Iterable[Fault]:
    """Return the errors, leaving out those that are only consequences of another error in the same value.

    For example, if a value is not one of the allowed values, an error about its type is left out. The JSON
    parser turns very large integers into floats; if such a number exceeds a limit, only that error is
    returned, and the type error is left out.
    """
    by_path: dict[tuple[str | int, ...], list[Fault]] = {}
    for fault in faults:
        by_path.setdefault(fault[1], []).append(fault)
    return [fault for of_value in by_path.values() for fault in _decisive(of_value)]


def _decisive(faults: Sequence[Fault]) -> Sequence[Fault]:
    """Select the errors about one value that must be reported.

    `_DECISIVE` contains groups of keywords. If a group has an error, errors of later groups are left out,
    except those about members of the value.
    """
    keywords = {keyword for keyword, *_ in faults}
    for decisive in _DECISIVE:
        if keywords & decisive:
            reported = decisive | _ABOUT_MEMBERS
            return [fault for fault in faults if fault[0] in reported]
    return faults


def _field_errors(fault: Fault, name: str) -> Iterator[FieldError]:
    keyword, value_path, kind, error = fault
    path = _path(name, value_path)
    if keyword == "required":
        yield FieldError(_path(path, (kind.value,)), "is required")
    elif keyword == "additionalProperties":
        for unexpected in kind.value:
            yield FieldError(_path(path, [unexpected]), "is not a known field")
    elif keyword in {"anyOf", "oneOf"}:
        yield from _alternatives(kind.value, value_path, path, name)
    elif keyword == "type" and "integer" in kind.types:
        yield FieldError(path or WHOLE, _whole_number_message(error.instance) or _SENTENCES["type"](kind))
    else:
        yield FieldError(path or WHOLE, _SENTENCES.get(keyword, lambda _: "is not valid")(kind))


def _whole_number_message(value: Any) -> str:
    """Return the message for a whole number that was parsed as a float, such as `1.0`; otherwise ""."""
    if not isinstance(value, float) or not value.is_integer():
        return ""
    if abs(value) >= _LARGEST:
        return "is too large" if value > 0 else "is too small"
    return "must be a whole number, written without a decimal point or an exponent"


def _alternatives(
    alternatives: Iterable[Iterable[ValidationError]], depth: tuple[str | int, ...], path: str, name: str
) -> Iterator[FieldError]:
    """Yield the errors to report for a value that does not match `anyOf` or `oneOf`.

    A branch is one of the alternative schemas. Branches for another type of value are ignored. If the errors
    from all branches are about the same field, their messages are joined with "or". Otherwise, only the
    errors from one branch are reported: a branch that accepts the value itself and rejects only some of its
    fields, or else the branch with the fewest errors. This is probably the branch that the client meant.
    """
    faults = [[_fault(error) for error in branch] for branch in alternatives]
    of_type = [
        branch
        for branch in faults
        if not any(keyword == "type" and at == depth for keyword, at, *_ in branch)
    ]
    branches = [
        [field_error for inner in _causes(branch) for field_error in _field_errors(inner, name)]
        for branch in of_type or faults
    ]
    branches = [branch for branch in branches if branch]
    fields = {field_error.field for branch in branches for field_error in branch}
    if len(fields) == 1:
        yield FieldError(fields.pop(), _choice([e.message for branch in branches for e in branch]))
    elif branches:
        itself = path or WHOLE
        yield from min(branches, key=lambda branch: (any(e.field == itself for e in branch), len(branch)))
    else:
        yield FieldError(path or WHOLE, "matches more than one of the allowed forms")


def _choice(messages: Sequence[str]) -> str:
    """Join the messages from alternative schemas with "or", as in `must be … or …`."""
    must_be = "must be "
    alike = all(message.startswith(must_be) for message in messages)
    choices = _unique(message.removeprefix(must_be) if alike else message for message in messages)
    return f"{must_be if alike else ''}{_either(choices)}"


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


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _either(words: Iterable[str]) -> str:
    return " or ".join(words)


def _count(number: int, singular: str, plural: str = "") -> str:
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
