"""Path, query and header parameters: decoded, coerced and validated.

RFC 3986 section 2.1 for percent-encoding; OpenAPI 3.0.3 "Parameter Object" for styles: path `simple`,
query `form` (repeated or comma-separated), header `simple`; each value a scalar or an array of scalars.
`x-max-values` on a parameter of the query lets a scalar be given that many times; its value is then always a
list. Other readers of the description see the scalar that nearly everybody sends.
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
    from collections.abc import Callable, Iterator, Sequence

    from jsonschema_rs import Draft4Validator

    from mock_server.engine.schema import Schemas

_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MOST_DIGITS = 4_000
"""Python reads no longer ones (https://docs.python.org/3/library/stdtypes.html#int-max-str-digits)."""
_LARGEST = 2**63 - 1
_MISSING = object()
_UNDECODABLE = "must be percent-encoded UTF-8 without NUL characters"


class Headers(Mapping[str, str]):
    """Request headers under lower-case names, decoded when asked for."""

    __slots__ = ("_raw",)

    def __init__(self, raw: dict[bytes, bytes]) -> None:
        self._raw = raw

    def __getitem__(self, name: str) -> str:
        return self._raw[name.lower().encode("latin-1", "replace")].decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name in self._raw)

    def __len__(self) -> int:
        return len(self._raw)


def decode(raw: bytes) -> str | None:
    """Undo percent-encoding; None for a broken escape, bytes that are no UTF-8, or a NUL."""
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
    number = int(text[:_MOST_DIGITS])
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
    """One parameter, ready to read text into a value."""

    name: str
    required: bool
    repeated: bool
    """An array, given as several `name=value` pairs."""
    listed: bool
    """An array, given as one value with commas."""
    most: int
    """How many times a scalar may be given, if more than once (`x-max-values`); 0 if it may not."""
    coerce: Callable[[str], Any]
    validator: Draft4Validator
    default: Any

    def read(self, texts: list[str], found: dict[str, Any], refused: list[FieldError]) -> None:
        """Put the value into `found`, or what is wrong with it into `refused`."""
        if self.most:
            self._read_several(texts, found, refused)
            return
        if len(texts) > 1 and not self.repeated:
            refused.append(FieldError(self.name, "must be given once"))
            return
        try:
            if self.repeated:
                value: Any = [self.coerce(text) for text in texts]
            elif self.listed:
                value = [self.coerce(text) for text in texts[0].split(",")]
            else:
                value = self.coerce(texts[0])
        except ValueError as error:
            refused.append(FieldError(self.name, str(error)))
            return
        if self.validator.is_valid(value):
            found[self.name] = value
        else:
            refused.extend(explain(self.validator, value, self.name))

    def _read_several(self, texts: list[str], found: dict[str, Any], refused: list[FieldError]) -> None:
        if len(texts) > self.most:
            refused.append(FieldError(self.name, f"must be given at most {self.most} times"))
            return
        values: list[Any] = []
        for text in texts:
            try:
                value = self.coerce(text)
            except ValueError as error:
                refused.append(FieldError(self.name, str(error)))
                continue
            if self.validator.is_valid(value):
                values.append(value)
            else:
                refused.extend(explain(self.validator, value, self.name))
        found[self.name] = values


def compile_parameter(raw: Mapping[str, Any], schemas: Schemas) -> Parameter:
    """Compile one Parameter Object; raises `ValueError` for a style or type that is not understood."""
    name, place = raw["name"], raw["in"]
    schema = schemas.resolve(raw["schema"])
    array = schema.get("type") == "array"
    usual = "form" if place == "query" else "simple"
    if raw.get("style", usual) != usual:
        raise ValueError(f"The style {raw['style']!r} of parameter {name!r} is not understood.")
    repeated = array and place == "query" and raw.get("explode", True)
    return Parameter(
        name=name,
        required=raw.get("required", False),
        repeated=repeated,
        listed=array and not repeated,
        most=_most(raw, place, array=array),
        coerce=_coercion(name, schemas.resolve(schema["items"]) if array else schema, schemas),
        validator=schemas.validator(raw["schema"], "request"),
        default=schema.get("default", _MISSING),
    )


def _most(raw: Mapping[str, Any], place: str, *, array: bool) -> int:
    most = raw.get("x-max-values", 0)
    if most and (place != "query" or array or "default" in raw["schema"]):
        raise ValueError(f"x-max-values of {raw['name']!r} needs a scalar of the query without a default.")
    return int(most)


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
    """All parameters of one operation."""

    def __init__(self, raw: Sequence[Mapping[str, Any]], path: str, schemas: Schemas) -> None:
        places: dict[str, dict[str, Parameter]] = {"path": {}, "query": {}, "header": {}}
        for node in map(schemas.resolve, raw):
            if node["in"] not in places:
                raise ValueError(
                    f"Parameter {node['name']!r} lies in {node['in']!r}, which is not understood."
                )
            places[node["in"]].setdefault(node["name"], compile_parameter(node, schemas))
        slots = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        self._path = [places["path"][check] for check in slots]
        self._query = places["query"]
        self._headers = [(name.lower(), parameter) for name, parameter in places["header"].items()]
        self._required = [name for name, parameter in self._query.items() if parameter.required]
        self._defaults = {
            name: parameter.default
            for name, parameter in self._query.items()
            if parameter.default is not _MISSING
        }

    def read(
        self, segments: Sequence[bytes], query: bytes, headers: Headers
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return path and query values; raises `Problem("invalid")` listing every parameter refused."""
        refused: list[FieldError] = []
        path = self._read_path(segments, refused) if segments else {}
        values = self._read_query(query, refused) if query or self._required else self._defaults.copy()
        if self._headers:
            self._check_headers(headers, refused)
        if refused:
            raise refusal(refused)
        return path, values

    def _read_path(self, segments: Sequence[bytes], refused: list[FieldError]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for parameter, segment in zip(self._path, segments, strict=True):
            text = decode(segment)
            if text is None:
                refused.append(FieldError(parameter.name, _UNDECODABLE))
            else:
                parameter.read([text], found, refused)
        return found

    def _read_query(self, query: bytes, refused: list[FieldError]) -> dict[str, Any]:
        texts: dict[str, list[str]] = {}
        for name, text in pairs(query):
            if name is None:
                refused.append(FieldError("query", _UNDECODABLE))
            elif text is None:
                refused.append(FieldError(shorten(name), _UNDECODABLE))
            elif name in self._query:
                texts.setdefault(name, []).append(text)
        found = self._defaults.copy()
        for name, values in texts.items():
            self._query[name].read(values, found, refused)
        refused.extend(FieldError(name, "is required") for name in self._required if name not in texts)
        return found

    def _check_headers(self, headers: Headers, refused: list[FieldError]) -> None:
        """Refuse header parameters that are missing or do not fit; handlers read `Call.headers`."""
        for name, parameter in self._headers:
            if name in headers:
                parameter.read([headers[name]], {}, refused)
            elif parameter.required:
                refused.append(FieldError(parameter.name, "is required"))


def pairs(query: bytes) -> Iterator[tuple[str | None, str | None]]:
    """Names and values of a query string; None where one cannot be decoded."""
    for piece in query.split(b"&"):
        if piece:
            name, _, value = piece.replace(b"+", b" ").partition(b"=")
            yield decode(name), decode(value)
