"""Decodes, converts and validates path, query and header parameters.

Percent-encoding is defined in RFC 3986, section 2.1. Two of the styles in OpenAPI 3.0.3 ("Parameter Object")
are supported: `simple` for path and header parameters, and `form` (repeated or comma-separated) for query
parameters. Values are scalars or arrays of scalars. The `x-max-values` extension sets how many times clients
may send a scalar query parameter; handlers then always receive a list. OpenAPI has no keyword for this, so
other tools that read the document see an ordinary scalar.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isinf
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from mock_server.engine.messages import explain, refusal, shorten
from mock_server.engine.problem import FieldError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mock_server.engine.schema import Schemas, Validator

_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MAX_DIGITS = 4_000
"""The maximum number of digits to parse, which is below Python's own limit.

See https://docs.python.org/3/library/stdtypes.html#int-max-str-digits.
"""
_LARGEST = 2**63 - 1
_MISSING = object()
_UNDECODABLE = "must be percent-encoded UTF-8 without NUL characters"


class Headers(Mapping[str, str]):
    """Request headers, keyed by case-insensitive name; each value is decoded when it is read.

    `raw` contains the headers as bytes, and `read` contains the names of the headers that were looked up.
    `listed` is True if the names of all headers were listed.
    """

    __slots__ = ("listed", "raw", "read")

    def __init__(self, raw: dict[bytes, bytes]) -> None:
        self.raw = raw
        self.read: set[bytes] = set()
        self.listed = False

    def __getitem__(self, name: str) -> str:
        encoded = name.lower().encode("latin-1", "replace")
        self.read.add(encoded)
        return self.raw[encoded].decode("latin-1")

    def values_of(self, names: Iterable[bytes]) -> tuple[tuple[bytes, bytes | None], ...]:
        """Return lower-case names of headers, each with its value, or None if it was not sent."""
        return tuple([(name, self.raw.get(name)) for name in names])

    def __iter__(self) -> Iterator[str]:
        self.listed = True
        return (name.decode("latin-1") for name in self.raw)

    def __len__(self) -> int:
        self.listed = True
        return len(self.raw)


def decode(raw: bytes) -> str | None:
    """Decode percent-encoded UTF-8; return None if it is not valid or contains a NUL character."""
    if b"%" in raw:
        if _ESCAPE.search(raw):
            return None
        raw = unquote_to_bytes(raw)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("must be a whole number")
    number = int(text[:_MAX_DIGITS])
    if abs(number) > _LARGEST:
        raise ValueError("is too large" if number > 0 else "is too small")
    return number


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError("must be a number")
    number = float(text)
    if isinf(number):
        raise ValueError("is too large" if number > 0 else "is too small")
    return number


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError("must be true or false")
    return text == "true"


COERCIONS: dict[str, Callable[[str], Any]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "string": str,
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A compiled Parameter Object, which converts and validates the values of one parameter."""

    name: str
    required: bool
    repeated: bool
    """Whether the value is an array that is sent as several `name=value` pairs."""
    comma_separated: bool
    """Whether the value is an array that is sent as one comma-separated string."""
    max_values: int
    """How many times clients may send the scalar (`x-max-values`); 0 if the schema does not set a number."""
    coerce: Callable[[str], Any]
    validator: Validator
    default: Any

    def read(self, texts: list[str], values: dict[str, Any], errors: list[FieldError]) -> None:
        """Convert and validate the strings that were sent for this parameter.

        The result is added to `values`, keyed by the parameter's name; any errors are added to `errors`.
        """
        if self.max_values:
            self._read_several(texts, values, errors)
            return
        if len(texts) > 1 and not self.repeated:
            errors.append(FieldError(self.name, "must be given once"))
            return
        try:
            if self.repeated:
                value: Any = [self.coerce(text) for text in texts]
            elif self.comma_separated:
                value = [self.coerce(text) for text in texts[0].split(",")]
            else:
                value = self.coerce(texts[0])
        except ValueError as error:
            errors.append(FieldError(self.name, str(error)))
            return
        if self.validator.is_valid(value):
            values[self.name] = value
        else:
            errors.extend(explain(self.validator, value, self.name))

    def _read_several(self, texts: list[str], values: dict[str, Any], errors: list[FieldError]) -> None:
        if len(texts) > self.max_values:
            errors.append(FieldError(self.name, f"must be given at most {self.max_values} times"))
            return
        converted: list[Any] = []
        for text in texts:
            try:
                value = self.coerce(text)
            except ValueError as error:
                errors.append(FieldError(self.name, str(error)))
                continue
            if self.validator.is_valid(value):
                converted.append(value)
            else:
                errors.extend(explain(self.validator, value, self.name))
        values[self.name] = converted


def compile_parameter(raw: Mapping[str, Any], schemas: Schemas) -> Parameter:
    """Compile a Parameter Object; raise `ValueError` if its style or type is not supported."""
    name, location = raw["name"], raw["in"]
    schema = schemas.resolve(raw["schema"])
    array = schema.get("type") == "array"
    default_style = "form" if location == "query" else "simple"
    if raw.get("style", default_style) != default_style:
        raise ValueError(f"The style {raw['style']!r} of parameter {name!r} is not supported.")
    repeated = array and location == "query" and raw.get("explode", True)
    return Parameter(
        name=name,
        required=raw.get("required", False),
        repeated=repeated,
        comma_separated=array and not repeated,
        max_values=_max_values(raw, location, array=array),
        coerce=_coercion(name, schemas.resolve(schema["items"]) if array else schema, schemas),
        validator=schemas.validator(raw["schema"], "request"),
        default=schema.get("default", _MISSING),
    )


def _max_values(raw: Mapping[str, Any], location: str, *, array: bool) -> int:
    max_values = raw.get("x-max-values", 0)
    if max_values and (location != "query" or array or "default" in raw["schema"]):
        raise ValueError(
            f"x-max-values of {raw['name']!r} is only allowed on a scalar query parameter without a default."
        )
    return int(max_values)


def _coercion(name: str, schema: Mapping[str, Any], schemas: Schemas) -> Callable[[str], Any]:
    types = {schema["type"]} if "type" in schema else _types_of_members(schema, schemas)
    if len(types) != 1 or not types <= COERCIONS.keys():
        raise ValueError(f"Parameter {name!r} must have one scalar type; it has {sorted(types) or 'none'}.")
    return COERCIONS[types.pop()]


def _types_of_members(schema: Mapping[str, Any], schemas: Schemas) -> set[str]:
    types: set[str] = set()
    for member in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        resolved = schemas.resolve(member)
        types |= {resolved["type"]} if "type" in resolved else _types_of_members(resolved, schemas)
    return types


class Parameters:
    """The compiled parameters of one operation, which decode and validate a request's values."""

    def __init__(self, raw: Sequence[Mapping[str, Any]], path: str, schemas: Schemas) -> None:
        locations: dict[str, dict[str, Parameter]] = {"path": {}, "query": {}, "header": {}}
        for node in map(schemas.resolve, raw):
            if node["in"] not in locations:
                raise ValueError(f"Parameter {node['name']!r} is in {node['in']!r}, which is not supported.")
            locations[node["in"]].setdefault(node["name"], compile_parameter(node, schemas))
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        self._path = [locations["path"][name] for name in names]
        self._query = locations["query"]
        self._headers = [(name.lower(), parameter) for name, parameter in locations["header"].items()]
        self._required = [name for name, parameter in self._query.items() if parameter.required]
        self._defaults = {
            name: parameter.default
            for name, parameter in self._query.items()
            if parameter.default is not _MISSING
        }

    def read(
        self, segments: Sequence[bytes], query: bytes, headers: Headers
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return two dicts, keyed by name: the path parameters' values and the query parameters' values.

        If a path, query or header parameter is not valid, raises `Problem("invalid")`, which lists all
        errors.
        """
        errors: list[FieldError] = []
        path = self._read_path(segments, errors) if segments else {}
        values = self._read_query(query, errors) if query or self._required else self._defaults.copy()
        if self._headers:
            self._check_headers(headers, errors)
        if errors:
            raise refusal(errors)
        return path, values

    def texts(self, segments: Sequence[bytes], query: bytes) -> tuple[dict[str, str], dict[str, str]]:
        """Return the path and query parameters of an invalid request as strings, without validation."""
        path = {
            parameter.name: decode(segment) for parameter, segment in zip(self._path, segments, strict=True)
        }
        values = {name: text for name, text in pairs(query) if name in self._query}
        return (
            {name: text for name, text in path.items() if text is not None},
            {name: text for name, text in values.items() if text is not None},
        )

    def _read_path(self, segments: Sequence[bytes], errors: list[FieldError]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for parameter, segment in zip(self._path, segments, strict=True):
            text = decode(segment)
            if text is None:
                errors.append(FieldError(parameter.name, _UNDECODABLE))
            else:
                parameter.read([text], values, errors)
        return values

    def _read_query(self, query: bytes, errors: list[FieldError]) -> dict[str, Any]:
        texts: dict[str, list[str]] = {}
        for name, text in pairs(query):
            if name is None:
                errors.append(FieldError("query", _UNDECODABLE))
            elif text is None:
                errors.append(FieldError(shorten(name), _UNDECODABLE))
            elif name in self._query:
                texts.setdefault(name, []).append(text)
        values = self._defaults.copy()
        for name, sent in texts.items():
            self._query[name].read(sent, values, errors)
        errors.extend(FieldError(name, "is required") for name in self._required if name not in texts)
        return values

    def _check_headers(self, headers: Headers, errors: list[FieldError]) -> None:
        """Validate the header parameters, and add errors to `errors`.

        Handlers read the values from `Call.headers`.
        """
        for name, parameter in self._headers:
            if name in headers:
                parameter.read([headers[name]], {}, errors)
            elif parameter.required:
                errors.append(FieldError(parameter.name, "is required"))


def pairs(query: bytes) -> Iterator[tuple[str | None, str | None]]:
    """Yield each decoded name and value in a query string; either is None if it cannot be decoded."""
    for piece in query.split(b"&"):
        if piece:
            # "+" is a space in queries (application/x-www-form-urlencoded), but not in paths.
            name, _, value = piece.replace(b"+", b" ").partition(b"=")
            yield decode(name), decode(value)
