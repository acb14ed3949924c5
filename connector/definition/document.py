"""Reads an OpenAPI 3.0 document into `Operation` and `Field` models.

Only the keywords in `connector.definition.keywords` are supported; any other keyword raises `SpecError`.
`x-provenance` can be set for the document, a path, an operation, a parameter, a request body, a response or a
schema. It applies to everything inside that object, unless an inner object sets another value. If an object
neither sets nor inherits a value, `SpecError` is raised: nothing counts as documented by default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from connector.definition.bounds import bounds
from connector.definition.keywords import KNOWN, METHODS
from connector.definition.model import (
    Choice,
    Field,
    FieldType,
    Operation,
    Parameter,
    Provenance,
    Variant,
)
from connector.definition.model.api import JSON
from connector.definition.naming import title

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FORMATS: dict[str, FieldType] = {"date-time": "datetime", "date": "date"}
PROVENANCES = ("documented", "observed", "assumed")
EMPTY: Mapping[str, Any] = {"schema": {"type": "object"}}
"""The media type object of a response without a body, such as one with status 204."""
LONG_TEXT = 500
"""A string whose `maxLength` is at least this value is treated as multi-line text."""
VARIANTS = "variants"
"""The key that stores the variants in a merged `oneOf` schema; it is not an OpenAPI keyword."""
AT_LEAST_ONE = "at least one"
"""The key that stores the properties of which `anyOf` requires at least one; it is not an OpenAPI keyword."""


class SpecError(ValueError):
    """The error for an invalid or unsupported OpenAPI document; the message begins with the affected part."""


class Spec:
    """A parsed OpenAPI document; `operations` is keyed by operationId, and `schema` looks up a schema."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        version = str(document.get("openapi", ""))
        if not version.startswith("3.0."):
            raise SpecError(f"openapi: version {version!r} is not 3.0.x.")
        self._check("document", document, "")
        self.provenance = self._mark(document, None, "")
        self.servers = tuple(str(server["url"]) for server in document.get("servers", ()))
        self.operations = {operation.id: operation for operation in self._operations()}
        if self.provenance is None:
            for name in self.schema_names:
                self.schema(name)  # raises SpecError for a schema without provenance

    def schema(self, name: str) -> Field:
        """Return the component schema `name` as a `Field`, or raise `LookupError` if it does not exist."""
        schemas = self.document.get("components", {}).get("schemas", {})
        if name not in schemas:
            raise LookupError(name)
        where = f"components.schemas.{name}"
        return self.field(name, schemas[name], where, self.provenance)

    @property
    def schema_names(self) -> list[str]:
        """The names of all component schemas."""
        return list(self.document.get("components", {}).get("schemas", {}))

    def security_scheme(self, name: str) -> Mapping[str, Any] | None:
        """Return the security scheme `name`, or None if the document has no such scheme."""
        scheme = self.document.get("components", {}).get("securitySchemes", {}).get(name)
        return None if scheme is None else self.resolve(scheme, f"components.securitySchemes.{name}")

    @property
    def login_headers(self) -> set[str]:
        """The names of the headers that the specification's `apiKey` security schemes define."""
        schemes = self.document.get("components", {}).get("securitySchemes", {}).values()
        return {
            str(scheme["name"])
            for scheme in schemes
            if scheme.get("type") == "apiKey" and scheme["in"] == "header"
        }

    def _operations(self) -> Iterator[Operation]:
        for path, raw in self.document.get("paths", {}).items():
            where = f"paths.{path}"
            item = self.resolve(raw, where)
            self._check("path", item, where)
            inherited = self._mark(item, self.provenance, where)
            for method in METHODS:
                if method in item:
                    shared = item.get("parameters", ())
                    yield self._described(path, method, item[method], shared, inherited)

    def _described(
        self, path: str, method: str, raw: Any, shared: Any, inherited: Provenance | None
    ) -> Operation:
        """Parse one operation, or raise `SpecError` if it is malformed."""
        try:
            return self._operation(path, method, raw, shared, inherited)
        except KeyError as error:
            raise SpecError(f"paths.{path}.{method}: the key {error} is missing.") from error
        except (AttributeError, TypeError) as error:
            raise SpecError(f"paths.{path}.{method} is not valid OpenAPI 3.0 ({error}).") from error

    def _operation(
        self, path: str, method: str, raw: Any, shared: Any, inherited: Provenance | None
    ) -> Operation:
        where = f"paths.{path}.{method}"
        self._check("operation", raw, where)
        if "operationId" not in raw:
            raise SpecError(f"{where}: operationId is missing.")
        provenance = self.provenance_of(raw, inherited, where)
        parameters = self._parameters(
            [*shared, *raw.get("parameters", ())], f"{where}.parameters", provenance
        )
        body, required = self._body(raw.get("requestBody"), f"{where}.requestBody", provenance)
        status, answer = self._success(raw.get("responses", {}), f"{where}.responses")
        place = f"{where}.responses.{status}"
        origin = self.provenance_of(answer, provenance, place)
        media_type, media = self.media(answer, place) if "content" in answer else (JSON, EMPTY)
        return Operation(
            id=raw["operationId"],
            method=cast("Any", method.upper()),
            path=path,
            summary=raw.get("summary", ""),
            description=raw.get("description", ""),
            parameters=parameters,
            body=body,
            body_required=required,
            status=status,
            response=self.field("response", media["schema"], f"{place}.schema", origin),
            media_type=media_type,
            scope=raw.get("x-required-scope"),
            provenance=provenance,
            path_provenance=self.provenance_of(
                {"x-provenance": raw.get("x-path-provenance", provenance)}, provenance, where
            ),
            example=self._example(media),
        )

    def _parameters(self, raw: list[Any], where: str, inherited: Provenance) -> tuple[Parameter, ...]:
        read = [self._parameter(item, f"{where}[{index}]", inherited) for index, item in enumerate(raw)]
        parameters = [parameter for parameter in read if parameter is not None]
        names = {parameter.name for parameter in parameters}
        return tuple(
            parameter.model_copy(update={"repeated_as": f"{parameter.name}[]"})
            if f"{parameter.name}[]" in names
            else parameter
            for parameter in parameters
        )

    def _parameter(self, raw: Any, where: str, inherited: Provenance) -> Parameter | None:
        """Parse a path or query parameter; return None for headers, which only authentication sets."""
        parameter = self.resolve(raw, where)
        self._check("parameter", parameter, where)
        if parameter["in"] == "header":
            return None
        if parameter["in"] not in ("path", "query"):
            raise SpecError(f"{where}: parameters in {parameter['in']!r} are not supported.")
        provenance = self.provenance_of(parameter, inherited, where)
        field = self.field(parameter["name"], parameter.get("schema", {}), f"{where}.schema", provenance)
        field = field.model_copy(
            update={
                "type": "string" if field.type == "text" else field.type,  # a URL has no line breaks
                "required": bool(parameter.get("required")),
                "help": parameter.get("description", field.help),
                "example": parameter.get("example", field.example),
            }
        )
        return Parameter(location=parameter["in"], field=field)

    def _body(self, raw: Any, where: str, inherited: Provenance) -> tuple[Field | None, bool]:
        if raw is None:
            return None, False
        body = self.resolve(raw, where)
        self._check("body", body, where)
        media = self._json(body, where)
        provenance = self.provenance_of(body, inherited, where)
        return self.field("body", media["schema"], f"{where}.schema", provenance), bool(body.get("required"))

    def _success(self, responses: Mapping[str, Any], where: str) -> tuple[int, Mapping[str, Any]]:
        for status, raw in responses.items():
            if str(status).startswith("2"):
                response = self.resolve(raw, f"{where}.{status}")
                self._check("response", response, f"{where}.{status}")
                return int(status), response
        raise SpecError(f"{where}: no successful response is described.")

    def media(self, response: Mapping[str, Any], where: str) -> tuple[str, Mapping[str, Any]]:
        """Return a successful response's media type (JSON, text or binary), and its media type object."""
        content = response.get("content", {})
        if JSON in content or len(content) != 1:
            return JSON, self._json(response, where)
        ((media_type, media),) = content.items()
        self._check("media", media, where)
        schema = self.resolve(media.get("schema", {}), where)
        is_text = media_type == "text/plain" and schema.get("type") == "string"
        if not is_text and (schema.get("type"), schema.get("format")) != ("string", "binary"):
            raise SpecError(f"{where}: {media_type} is supported only as a string of the format binary.")
        return media_type, media

    def _json(self, holder: Any, where: str) -> Mapping[str, Any]:
        media = holder.get("content", {}).get(JSON)
        if media is None or "schema" not in media:
            raise SpecError(f"{where}: a schema for {JSON} is missing.")
        self._check("media", media, where)
        return cast("Mapping[str, Any]", media)

    def _example(self, media: Mapping[str, Any]) -> Any:
        if "example" in media:
            return self._expand(media["example"])
        for example in media.get("examples", {}).values():
            return self._expand(self.resolve(example, "example").get("value"))
        return None

    def field(self, key: str, raw: Any, where: str, inherited: Provenance | None) -> Field:
        """Parse the schema `raw`, which is at `where` in the document, into a `Field` with the key `key`."""
        schema = self._merged(raw, where)
        provenance = self.provenance_of(schema, inherited, where)
        kind = self._type(schema, where)
        children = self._children(schema, kind, where, provenance)
        holder = self._merged(schema.get("items", {}), f"{where}.items") if kind == "list" else schema
        item_type, choices, known = None, schema.get("enum"), schema.get("x-known-values", ())
        limits = bounds(schema).model_copy(update={"min_properties": holder.get("minProperties")})
        if kind == "list" and not children:
            item = self._merged(schema.get("items", {}), f"{where}.items")
            item_type = self._type(item, f"{where}.items")
            choices, known = item.get("enum"), item.get("x-known-values", ())
            of_list = {name: getattr(limits, name) for name in ("min_items", "max_items", "unique_items")}
            limits = bounds(item).model_copy(update=of_list)
        return Field(
            key=key,
            label=title(key.removesuffix("[]")),
            type=kind,
            help=str(schema.get("description", "")).strip(),
            nullable=bool(schema.get("nullable")),
            item_type=item_type,
            children=children,
            variants=holder.get(VARIANTS, ()),
            at_least_one=holder.get(AT_LEAST_ONE, ()),
            choices=tuple(
                Choice(value=str(value), label=title(str(value)))
                for value in choices or ()
                if value is not None
            ),
            known_values=tuple(str(value) for value in known),
            default=schema.get("default"),
            bounds=limits,
            provenance=provenance,
            example=self._expand(schema.get("example")),
        )

    def _children(self, schema: Any, kind: FieldType, where: str, inherited: Provenance) -> tuple[Field, ...]:
        holder, place = schema, where
        if kind == "list":
            place = f"{where}.items"
            holder = self._merged(schema.get("items", {}), place)
            inherited = self.provenance_of(holder, inherited, place)
        required = set(holder.get("required", ()))
        return tuple(
            self.field(name, raw, f"{place}.{name}", inherited).model_copy(
                update={"required": name in required}
            )
            for name, raw in holder.get("properties", {}).items()
        )

    def _type(self, schema: Mapping[str, Any], where: str) -> FieldType:
        kind = schema.get("type", "object" if "properties" in schema else None)
        match kind:
            case "string":
                return FORMATS.get(schema.get("format", ""), "text" if _is_prose(schema) else "string")
            case "array":
                return "list"
            case "integer" | "number" | "boolean" | "object":
                return cast("FieldType", kind)
            case None:
                return "object"
        raise SpecError(f"{where}: type {kind!r} is not supported.")

    def _merged(self, raw: Any, where: str) -> dict[str, Any]:
        """Return a single schema that replaces the schema's `allOf`, `oneOf` and `anyOf`.

        Alternative objects in `oneOf` become one object with variants. If the alternatives in `oneOf` or
        `anyOf` are all strings, only the first alternative is used.
        """
        self._check("schema", raw := self.resolve(raw, where), where)
        schema = dict(raw)
        for part in schema.pop("allOf", ()):
            schema = _joined(self._merged(part, f"{where}.allOf"), schema)
        for keyword in ("oneOf", "anyOf"):
            if keyword in schema and all(set(part) == {"required"} for part in schema[keyword]):
                schema[AT_LEAST_ONE] = _names(keyword, schema.pop(keyword), where)
            elif keyword in schema:
                raw_parts = schema.pop(keyword)
                alternatives = [self._merged(part, f"{where}.{keyword}") for part in raw_parts]
                kinds = {alternative.get("type") for alternative in alternatives}
                if kinds == {"object"} and keyword == "oneOf":
                    schema = {**_united(raw_parts, alternatives, f"{where}.{keyword}"), **schema}
                    continue
                if kinds != {"string"}:
                    raise SpecError(
                        f"{where}: {keyword} needs alternatives that are strings, or objects in oneOf."
                    )
                schema = {**alternatives[0], **schema}
        return schema

    def resolve(self, raw: Any, where: str) -> Any:
        """Follow the object's `$ref`, or return the object itself; raise `SpecError` for a bad reference."""
        seen: set[str] = set()
        while isinstance(raw, dict) and "$ref" in raw:
            target = str(raw["$ref"])
            if not target.startswith("#/") or target in seen:
                raise SpecError(f"{where}: the reference {target!r} is circular or outside the document.")
            seen.add(target)
            raw = self.document
            for step in target[2:].split("/"):
                name = step.replace("~1", "/").replace("~0", "~")
                if not isinstance(raw, dict) or name not in raw:
                    raise SpecError(f"{where}: the reference {target!r} does not exist.")
                raw = raw[name]
        return raw

    def _expand(self, value: Any) -> Any:
        """Return the example `value` with each `$ref` replaced by the value that it refers to."""
        value = self.resolve(value, "example")
        if isinstance(value, dict):
            return {key: self._expand(member) for key, member in value.items()}
        return [self._expand(item) for item in value] if isinstance(value, list) else value

    def _check(self, kind: str, holder: Any, where: str) -> None:
        if not isinstance(holder, dict):
            raise SpecError(f"{where or 'document'}: a {kind} has to be an object.")
        for keyword in holder:
            if keyword not in KNOWN[kind]:
                raise SpecError(f"{where or 'document'}: the {kind} keyword {keyword!r} is not supported.")

    def _mark(self, holder: Mapping[str, Any], inherited: Provenance | None, where: str) -> Provenance | None:
        """Return the provenance that the object sets, or `inherited` (which can be None) if it sets none."""
        mark = holder.get("x-provenance", inherited)
        if mark not in PROVENANCES and (mark is not None or "x-provenance" in holder):
            place = where or "document"
            raise SpecError(f"{place}: x-provenance {mark!r} is not one of {', '.join(PROVENANCES)}.")
        return cast("Provenance | None", mark)

    def provenance_of(
        self, holder: Mapping[str, Any], inherited: Provenance | None, where: str
    ) -> Provenance:
        """Return the object's own or inherited provenance, or raise `SpecError` if both are missing."""
        mark = self._mark(holder, inherited, where)
        if mark is None:
            raise SpecError(
                f"{where}: x-provenance is missing here and at every level above; "
                f"add one of {', '.join(PROVENANCES)}."
            )
        return mark


def _is_prose(schema: Mapping[str, Any]) -> bool:
    """Return True if a string schema describes multi-line text: a long string that is not a URL or enum."""
    is_url = str(schema.get("example", "")).startswith(("http://", "https://"))
    return schema.get("maxLength", 0) >= LONG_TEXT and "enum" not in schema and not is_url


def _names(keyword: str, parts: Sequence[Any], where: str) -> tuple[str, ...]:
    """Return the names of the properties of which an object must contain at least one."""
    if keyword != "anyOf" or any(len(part["required"]) != 1 for part in parts):
        raise SpecError(f"{where}: required names are supported only in anyOf, one in each alternative.")
    return tuple(part["required"][0] for part in parts)


def _united(raw: Sequence[Any], alternatives: Sequence[dict[str, Any]], where: str) -> dict[str, Any]:
    """Merge alternative object schemas into one schema with all properties and a variant for each."""
    properties: dict[str, Any] = {}
    variants = []
    for part, alternative in zip(raw, alternatives, strict=True):
        if alternative.get("additionalProperties") is not False:
            raise SpecError(f"{where}: objects in oneOf need additionalProperties: false.")
        for name, member in alternative.get("properties", {}).items():
            if properties.setdefault(name, member) != member:
                raise SpecError(f"{where}: {name} has different schemas in two of the objects.")
        name = alternative.get("title") or str(part.get("$ref", "object")).rpartition("/")[2]
        required = tuple(alternative.get("required", ()))
        variants.append(Variant(label=name, fields=tuple(alternative["properties"]), required=required))
    needed = [name for name in properties if all(name in variant.required for variant in variants)]
    return {"type": "object", "properties": properties, "required": needed, VARIANTS: tuple(variants)}


def _joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    joined = {**first, **second}
    if "properties" in first or "properties" in second:
        joined["properties"] = {**first.get("properties", {}), **second.get("properties", {})}
        joined["required"] = [*first.get("required", ()), *second.get("required", ())]
    return joined
