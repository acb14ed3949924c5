"""The OpenAPI keywords that `connector.definition.document` supports, keyed by the kind of object.

Any other keyword in a specification raises an error, because ignoring a keyword could lead to incorrect
requests or checks.
"""

METHODS = ("get", "post", "put", "patch", "delete")
KNOWN = {
    "document": {
        "openapi", "info", "servers", "tags", "security", "paths", "components", "externalDocs", "x-webhooks",
        "x-provenance", "x-extra-slashes", "x-transitions",
    },
    "path": {"parameters", "summary", "description", "x-provenance", *METHODS},
    "operation": {
        "operationId", "tags", "summary", "description", "parameters", "requestBody", "responses", "security",
        "deprecated", "x-provenance", "x-path-provenance", "x-required-scope", "x-scopes", "x-refuses",
        "x-order",
    },
    "parameter": {
        "name", "in", "required", "description", "schema", "style", "explode", "example", "examples",
        "allowEmptyValue", "x-provenance", "x-max-values", "x-filters",
    },
    "body": {"description", "required", "content", "x-provenance"},
    "response": {"description", "content", "headers", "links", "x-provenance"},
    "media": {"schema", "example", "examples"},
    "schema": {
        "type", "format", "title", "description", "properties", "required", "items", "enum", "nullable",
        "default", "example", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength",
        "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "additionalProperties", "readOnly",
        "writeOnly", "allOf", "anyOf", "oneOf", "minProperties", "multipleOf", "x-provenance",
        "x-known-values", "x-order",
    },
}  # fmt: skip
