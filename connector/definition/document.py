"""OpenAPI 3.0.3 -> `Operation` and `Field`.

Reads the part of OpenAPI that the descriptions use and refuses every keyword it does not know, naming the
place: a constraint that is silently ignored is a promise broken later. `x-provenance` is inherited
downwards (document, path, operation, parameter or schema, property), the nearest one wins. A part without
one, neither of its own nor inherited, is refused: nothing counts as documented unless the document says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from connector.definition.model import (
    Bounds,
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

METHODS = ("get", "post", "put", "patch", "delete")
KNOWN = {
    "document": {
        "openapi", "info", "servers", "tags", "security", "paths", "components", "externalDocs", "x-webhooks",
        "x-provenance", "x-extra-slashes",
    },
    "path": {"parameters", "summary", "description", "x-provenance", *METHODS},
    "operation": {
        "operationId", "tags", "summary", "description", "parameters", "requestBody", "responses", "security",
        "deprecated", "x-provenance", "x-required-scope",
    },
    "parameter": {
        "name", "in", "required", "description", "schema", "style", "explode", "example", "examples",
        "allowEmptyValue", "x-provenance", "x-max-values",
    },
    "body": {"description", "required", "content", "x-provenance"},
    "response": {"description", "content", "headers", "links", "x-provenance"},
    "media": {"schema", "example", "examples"},
    "schema": {
        "type", "format", "title", "description", "properties", "required", "items", "enum", "nullable",
        "default", "example", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength",
        "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "additionalProperties", "readOnly",
        "writeOnly", "allOf", "anyOf", "oneOf", "minProperties", "multipleOf", "x-provenance",
        "x-known-values",
    },
}  # fmt: skip
FORMATS: dict[str, FieldType] = {"date-time": "datetime", "date": "date"}
PROVENANCES = ("documented", "observed", "assumed")
LONG_TEXT = 500
VARIANTS = "variants"
"""Where a schema that was put together keeps the forms it came from; no keyword has this name."""


class SpecError(ValueError):
    """The description says something that this reader does not understand; the message names the place."""


class Spec:
    """One parsed OpenAPI document; `operations` and `schema(name)` give the neutral view of it."""

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
                self.schema(name)  # stops where a schema says nothing of its own

    def schema(self, name: str) -> Field:
        """Return the component schema `name` as a field; raises `LookupError` when there is none."""
        schemas = self.document.get("components", {}).get("schemas", {})
        if name not in schemas:
            raise LookupError(name)
        where = f"components.schemas.{name}"
        return self._field(name, schemas[name], where, self.provenance)

    @property
    def schema_names(self) -> list[str]:
        return list(self.document.get("components", {}).get("schemas", {}))

    def security_scheme(self, name: str) -> Mapping[str, Any] | None:
        scheme = self.document.get("components", {}).get("securitySchemes", {}).get(name)
        return None if scheme is None else self._resolve(scheme, f"components.securitySchemes.{name}")

    @property
    def login_headers(self) -> set[str]:
        """Names of all headers that security schemes ask for."""
        schemes = self.document.get("components", {}).get("securitySchemes", {}).values()
        return {str(one["name"]) for one in schemes if one.get("type") == "apiKey" and one["in"] == "header"}

    # --- walking

    def _operations(self) -> Iterator[Operation]:
        for path, raw in self.document.get("paths", {}).items():
            where = f"paths.{path}"
            item = self._resolve(raw, where)
            self._check("path", item, where)
            inherited = self._mark(item, self.provenance, where)
            for method in METHODS:
                if method in item:
                    shared = item.get("parameters", ())
                    yield self._operation(path, method, item[method], shared, inherited)

    def _operation(
        self, path: str, method: str, raw: Any, shared: Any, inherited: Provenance | None
    ) -> Operation:
        where = f"paths.{path}.{method}"
        self._check("operation", raw, where)
        if "operationId" not in raw:
            raise SpecError(f"{where}: there is no operationId.")
        provenance = self._provenance(raw, inherited, where)
        parameters = self._parameters(
            [*shared, *raw.get("parameters", ())], f"{where}.parameters", provenance
        )
        body, required = self._body(raw.get("requestBody"), f"{where}.requestBody", provenance)
        status, answer = self._success(raw.get("responses", {}), f"{where}.responses")
        place = f"{where}.responses.{status}"
        media_type, media = self._media(answer, place)
        origin = self._provenance(answer, provenance, place)
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
            response=self._field("response", media["schema"], f"{place}.schema", origin),
            media_type=media_type,
            scope=raw.get("x-required-scope"),
            provenance=provenance,
            example=self._example(media),
        )

    def _parameters(self, raw: list[Any], where: str, inherited: Provenance) -> tuple[Parameter, ...]:
        read = [self._parameter(one, f"{where}[{index}]", inherited) for index, one in enumerate(raw)]
        found = [one for one in read if one is not None]
        names = {one.name for one in found}
        return tuple(
            one.model_copy(update={"repeated_as": f"{one.name}[]"}) if f"{one.name}[]" in names else one
            for one in found
        )

    def _parameter(self, raw: Any, where: str, inherited: Provenance) -> Parameter | None:
        parameter = self._resolve(raw, where)
        self._check("parameter", parameter, where)
        if parameter["in"] == "header":
            return None
        if parameter["in"] not in ("path", "query"):
            raise SpecError(f"{where}: parameters in {parameter['in']!r} are not understood.")
        provenance = self._provenance(parameter, inherited, where)
        field = self._field(parameter["name"], parameter.get("schema", {}), f"{where}.schema", provenance)
        field = field.model_copy(
            update={
                "type": "string" if field.type == "text" else field.type,  # an address has no lines
                "required": bool(parameter.get("required")),
                "help": parameter.get("description", field.help),
                "example": parameter.get("example", field.example),
            }
        )
        return Parameter(location=parameter["in"], field=field)

    def _body(self, raw: Any, where: str, inherited: Provenance) -> tuple[Field | None, bool]:
        if raw is None:
            return None, False
        body = self._resolve(raw, where)
        self._check("body", body, where)
        media = self._json(body, where)
        provenance = self._provenance(body, inherited, where)
        return self._field("body", media["schema"], f"{where}.schema", provenance), bool(body.get("required"))

    def _success(self, responses: Mapping[str, Any], where: str) -> tuple[int, Mapping[str, Any]]:
        for status, raw in responses.items():
            if str(status).startswith("2"):
                response = self._resolve(raw, f"{where}.{status}")
                self._check("response", response, f"{where}.{status}")
                return int(status), response
        raise SpecError(f"{where}: no successful response is described.")

    def _media(self, response: Mapping[str, Any], where: str) -> tuple[str, Mapping[str, Any]]:
        """Return the media type of a success and what is said of it: JSON, or a file of one other type."""
        content = response.get("content", {})
        if JSON in content or len(content) != 1:
            return JSON, self._json(response, where)
        ((media_type, media),) = content.items()
        self._check("media", media, where)
        schema = self._resolve(media.get("schema", {}), where)
        if (schema.get("type"), schema.get("format")) != ("string", "binary"):
            raise SpecError(f"{where}: {media_type} is understood only as a string of the format binary.")
        return media_type, media

    def _json(self, holder: Any, where: str) -> Mapping[str, Any]:
        media = holder.get("content", {}).get(JSON)
        if media is None or "schema" not in media:
            raise SpecError(f"{where}: there is no {JSON} schema.")
        self._check("media", media, where)
        return cast("Mapping[str, Any]", media)

    def _example(self, media: Mapping[str, Any]) -> Any:
        if "example" in media:
            return self._expand(media["example"])
        for example in media.get("examples", {}).values():
            return self._expand(self._resolve(example, "example").get("value"))
        return None

    # --- schemas

    def _field(self, key: str, raw: Any, where: str, inherited: Provenance | None) -> Field:
        schema = self._merged(raw, where)
        provenance = self._provenance(schema, inherited, where)
        kind = self._type(schema, where)
        children = self._children(schema, kind, where, provenance)
        holder = self._merged(schema.get("items", {}), f"{where}.items") if kind == "list" else schema
        item_type, choices, known = None, schema.get("enum"), schema.get("x-known-values", ())
        if kind == "list" and not children:
            item = self._merged(schema.get("items", {}), f"{where}.items")
            item_type = self._type(item, f"{where}.items")
            choices, known = item.get("enum"), item.get("x-known-values", ())
        return Field(
            key=key,
            label=title(key.removesuffix("[]")),
            type=kind,
            help=str(schema.get("description", "")).strip(),
            nullable=bool(schema.get("nullable")),
            item_type=item_type,
            children=children,
            variants=holder.get(VARIANTS, ()),
            choices=tuple(
                Choice(value=str(one), label=title(str(one))) for one in choices or () if one is not None
            ),
            known_values=tuple(str(one) for one in known),
            default=schema.get("default"),
            bounds=bounds(schema),
            provenance=provenance,
            example=self._expand(schema.get("example")),
        )

    def _children(self, schema: Any, kind: FieldType, where: str, inherited: Provenance) -> tuple[Field, ...]:
        holder, place = schema, where
        if kind == "list":
            place = f"{where}.items"
            holder = self._merged(schema.get("items", {}), place)
            inherited = self._provenance(holder, inherited, place)
        required = set(holder.get("required", ()))
        return tuple(
            self._field(name, raw, f"{place}.{name}", inherited).model_copy(
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
        raise SpecError(f"{where}: type {kind!r} is not understood.")

    def _merged(self, raw: Any, where: str) -> dict[str, Any]:
        """Return the schema with `allOf` folded in; of alternatives that are all strings, the first."""
        schema = dict(self._resolve(raw, where))
        self._check("schema", schema, where)
        for part in schema.pop("allOf", ()):
            schema = _joined(self._merged(part, f"{where}.allOf"), schema)
        for keyword in ("oneOf", "anyOf"):
            if keyword in schema and all(set(part) == {"required"} for part in schema[keyword]):
                del schema[keyword]  # which of several fields must be there: the vendor says so itself
            elif keyword in schema:
                raw_parts = schema.pop(keyword)
                alternatives = [self._merged(part, f"{where}.{keyword}") for part in raw_parts]
                kinds = {one.get("type") for one in alternatives}
                if kinds == {"object"} and keyword == "oneOf":
                    schema = {**_united(raw_parts, alternatives, f"{where}.{keyword}"), **schema}
                    continue
                if kinds != {"string"}:
                    raise SpecError(
                        f"{where}: {keyword} is understood only among strings or (oneOf) objects."
                    )
                schema = {**alternatives[0], **schema}
        return schema

    # --- references, keywords, provenance

    def _resolve(self, raw: Any, where: str) -> Any:
        seen: set[str] = set()
        while isinstance(raw, dict) and "$ref" in raw:
            target = str(raw["$ref"])
            if not target.startswith("#/") or target in seen:
                raise SpecError(f"{where}: the reference {target!r} cannot be followed.")
            seen.add(target)
            raw = self.document
            for step in target[2:].split("/"):
                name = step.replace("~1", "/").replace("~0", "~")
                if not isinstance(raw, dict) or name not in raw:
                    raise SpecError(f"{where}: the reference {target!r} leads nowhere.")
                raw = raw[name]
        return raw

    def _expand(self, value: Any) -> Any:
        """Return an example with the references inside it replaced by what they point to."""
        value = self._resolve(value, "example")
        if isinstance(value, dict):
            return {key: self._expand(one) for key, one in value.items()}
        return [self._expand(one) for one in value] if isinstance(value, list) else value

    def _check(self, kind: str, holder: Any, where: str) -> None:
        for keyword in holder:
            if keyword not in KNOWN[kind]:
                raise SpecError(f"{where or 'document'}: the {kind} keyword {keyword!r} is not understood.")

    def _mark(self, holder: Mapping[str, Any], inherited: Provenance | None, where: str) -> Provenance | None:
        """Return the provenance that the holder says, or inherits; None where neither does."""
        said = holder.get("x-provenance", inherited)
        if said not in PROVENANCES and (said is not None or "x-provenance" in holder):
            place = where or "document"
            raise SpecError(f"{place}: x-provenance {said!r} is not one of {', '.join(PROVENANCES)}.")
        return cast("Provenance | None", said)

    def _provenance(self, holder: Mapping[str, Any], inherited: Provenance | None, where: str) -> Provenance:
        """Return the provenance of a part that is offered and counted; raises where nothing says it."""
        said = self._mark(holder, inherited, where)
        if said is None:
            raise SpecError(
                f"{where}: x-provenance is missing, here and at every level above; "
                f"write one of {', '.join(PROVENANCES)}."
            )
        return said


def _is_prose(schema: Mapping[str, Any]) -> bool:
    """Say whether a string is a text of several lines; a URL may be as long, and is one line."""
    is_url = str(schema.get("example", "")).startswith(("http://", "https://"))
    return schema.get("maxLength", 0) >= LONG_TEXT and "enum" not in schema and not is_url


def bounds(schema: Mapping[str, Any]) -> Bounds:
    """Return the limits a schema puts on a value."""
    return Bounds(
        minimum=schema.get("minimum"),
        maximum=schema.get("maximum"),
        exclusive_minimum=bool(schema.get("exclusiveMinimum")),
        exclusive_maximum=bool(schema.get("exclusiveMaximum")),
        min_length=schema.get("minLength"),
        max_length=schema.get("maxLength"),
        pattern=schema.get("pattern"),
        min_items=schema.get("minItems"),
        max_items=schema.get("maxItems"),
    )


def _united(raw: Sequence[Any], alternatives: Sequence[dict[str, Any]], where: str) -> dict[str, Any]:
    """Return one object with the members of all forms; what each form takes and needs is kept beside it."""
    properties: dict[str, Any] = {}
    variants = []
    for part, one in zip(raw, alternatives, strict=True):
        if one.get("additionalProperties") is not False:
            raise SpecError(f"{where}: objects to choose among must have additionalProperties: false.")
        for name, member in one.get("properties", {}).items():
            if properties.setdefault(name, member) != member:
                raise SpecError(f"{where}: {name} is described differently in two of the objects.")
        name = one.get("title") or str(part.get("$ref", "object")).rpartition("/")[2]
        variants.append(
            Variant(label=name, fields=tuple(one["properties"]), required=tuple(one.get("required", ())))
        )
    needed = [name for name in properties if all(name in one.required for one in variants)]
    return {"type": "object", "properties": properties, "required": needed, VARIANTS: tuple(variants)}


def _joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    joined = {**first, **second}
    if "properties" in first or "properties" in second:
        joined["properties"] = {**first.get("properties", {}), **second.get("properties", {})}
        joined["required"] = [*first.get("required", ()), *second.get("required", ())]
    return joined
