"""Hides secrets in the journal's JSON.

The OpenAPI documents determine which headers, query parameters and fields are secret. Security schemes name
the headers and query parameters with credentials. Operations that need no credentials (`security: []`)
exchange a login for a token, so the strings in their requests and responses are secret. A secret that is
found in one place is hidden in the whole exchange. Strings in the format of the sandbox's keys and tokens are
always hidden.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ALWAYS: Final = {"authorization", "proxy-authorization", "cookie", "set-cookie"}
_PUBLIC: Final = {"client_id", "redirect_uri", "scope", "state", "token_type"}
"""OAuth parameters that are not secret (RFC 6749, sections 2.2, 3.1.2, 3.3 and 7.1)."""
_SECRET_NAME: Final = re.compile(
    r"secret|passw(or)?d|(access|refresh|bearer|auth|id|control)[-_]?token|^token$|api[-_]?key|authorization"
    r"|credential|signature|^sig$",
    re.IGNORECASE,
)
_ISSUED: Final = re.compile(
    r"sandbox-[a-z0-9-]{1,100}-[a-z2-7]{24}|eyJ[\w-]{8,2000}\.[\w-]+\.[\w-]+|wh(?:sk|sec)_[\w+/=-]{6,}"
)
"""The formats of API keys (`access.keys`), tokens (`access.tokens`) and webhook signing secrets."""
_NAME: Final = re.compile(r"""(?<![\w-])([\w-]{1,100})\\?["']?\s{0,20}[:=]\s{0,20}""")
_VALUE: Final = re.compile(r'\\?"(?:[^"\\]|\\[^"])*(?:\\?"|$)|[^\s,;&}"]+')
"""`_NAME` and `_VALUE` match a name and its value in text; both take linear time."""
_URL: Final = re.compile(r"https?://[^\s\"'<>]+")
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_SHOWN: Final = 4
_LONG: Final = 16
_SHORTEST: Final = 8
"""Minimum length of a secret that is also hidden in the rest of the exchange, in characters."""


def hidden(secret: str) -> str:
    """Return the replacement for a secret: asterisks, and its last four characters if it is long."""
    return "***" + (secret[-_SHOWN:] if len(secret) >= _LONG else "")


@dataclass(frozen=True)
class Secrets:
    """The names of headers, query parameters and fields that contain credentials.

    `headers` and `queries` contain the names of headers and query parameters in lower case. `fields` maps the
    API and operationId of each operation that issues tokens to two sets: the secret fields of its request,
    and those of its successful responses. `names` contains the names in `headers` and `queries`, and the
    names of fields such as `password`, in lower case.
    """

    headers: frozenset[str]
    queries: frozenset[str]
    fields: Mapping[tuple[str, str], tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, documents: Mapping[str, Mapping[str, Any]]) -> Secrets:
        """Collect the names from OpenAPI documents, keyed by the name of the API."""
        headers, queries = set(_ALWAYS), set[str]()
        fields: dict[tuple[str, str], tuple[frozenset[str], frozenset[str]]] = {}
        for api, document in documents.items():
            for scheme in document.get("components", {}).get("securitySchemes", {}).values():
                if scheme["type"] == "apiKey" and scheme.get("x-secret", True):
                    (queries if scheme["in"] == "query" else headers).add(scheme["name"].lower())
            for operation in _logins(document):
                fields[api, operation["operationId"]] = _fields(document, operation)
        found = {name.lower() for pair in fields.values() for names in pair for name in names}
        named = frozenset(headers | queries | {name for name in found if _SECRET_NAME.search(name)})
        return cls(frozenset(headers), frozenset(queries), fields, named)

    def is_secret_name(self, name: str) -> bool:
        """Return True if a header, query parameter or field with this name contains a credential."""
        return name.lower() in self.names or bool(_SECRET_NAME.search(name))


class Mask:
    """Hides the secrets in one exchange, and remembers them, so that `rest` finds their other occurrences."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._found: set[str] = set()

    def header(self, name: str, value: str) -> str:
        """Hide the credential in a header's value, but show the name of the scheme, such as `Bearer`."""
        if name.lower() not in self._secrets.headers and not self._secrets.is_secret_name(name):
            return value
        scheme, _, credential = value.partition(" ")
        if not credential or not scheme.isalpha():
            return self._hide(value)
        return f"{scheme} {self._hide(credential.strip())}"

    def query(self, text: str) -> str:
        """Hide the values of query parameters that contain credentials."""
        return "&".join(map(self._pair, text.split("&")))

    def _pair(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        known = unquote_plus(name).lower()
        if equals and (known in self._secrets.queries or self._secrets.is_secret_name(known)):
            self._hide(value)
            return f"{name}={self._hide(unquote_plus(value))}"
        return pair

    def json(self, value: Any, names: frozenset[str] = frozenset()) -> Any:
        """Copy a JSON value with the credentials in its fields hidden, at any depth.

        `names` are additional fields with credentials, besides those with names such as `password`.
        """
        if isinstance(value, dict):
            return {name: self._member(name, member, names) for name, member in value.items()}
        if isinstance(value, list):
            return [self.json(member, names) for member in value]
        return value

    def _member(self, name: str, value: Any, names: frozenset[str]) -> Any:
        if name in names or self._secrets.is_secret_name(name):
            if isinstance(value, str):
                return self._hide(value)
            return value if value is None or isinstance(value, bool) else "***"
        return self.json(value, names)

    def text(self, text: str, names: frozenset[str] = frozenset()) -> str:
        """Hide credentials in a body that is not JSON or was cut.

        Recognizes credentials that are written as `"name": "value"` or `name=value`.
        """
        parts, end = [], 0
        for match in _NAME.finditer(text):
            if match.start() < end or not (match[1] in names or self._secrets.is_secret_name(match[1])):
                continue
            value = _VALUE.match(text, match.end())
            if value is not None:
                parts += [text[end : match.end()], self._hide(value[0].strip('\\"'))]
                end = value.end()
        return "".join((*parts, text[end:]))

    def rest(self, value: Any) -> Any:
        """Copy a JSON value, and hide the secrets that are left in it.

        These are secrets that the other methods have found elsewhere, API keys and tokens of the sandbox, and
        credentials in URLs. Call this method last, on the whole exchange.
        """
        forms = {form for secret in self._found for form in (secret, quote(secret, safe=""))}
        forms = {form for form in forms if len(form) >= _SHORTEST}
        found = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None
        return self._rest(value, found)

    def _rest(self, value: Any, found: re.Pattern[str] | None) -> Any:
        if isinstance(value, str):
            if found is not None:
                value = found.sub(lambda match: hidden(match[0]), value)
            value = _URL.sub(lambda match: self._url(match[0]), value)
            return _ISSUED.sub(lambda match: hidden(match[0]), value)
        if isinstance(value, dict):
            return {name: self._rest(member, found) for name, member in value.items()}
        if isinstance(value, list):
            return [self._rest(member, found) for member in value]
        return value

    def _url(self, url: str) -> str:
        """Hide a URL's user information, and the values of query parameters that contain credentials."""
        start, question, query = url.partition("?")
        start = re.sub(r"//[^/@]+@", "//***@", start)
        return start + question + "&".join(map(self._pair, query.split("&"))) if question else start

    def _hide(self, secret: str) -> str:
        if secret and not secret.startswith("***"):
            self._found.add(secret)
        return hidden(secret) if secret else secret


def _logins(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the operations that need no credentials; they exchange a login for a token."""
    for item in document.get("paths", {}).values():
        for method in _METHODS:
            if method in item and item[method].get("security") == []:
                yield item[method]


def _fields(
    document: Mapping[str, Any], operation: Mapping[str, Any]
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of an operation's secret fields, in its request and in its successful responses."""
    request = _resolved(document, operation.get("requestBody", {}))
    replies = [
        _resolved(document, reply)
        for status, reply in operation.get("responses", {}).items()
        if status.startswith("2")
    ]
    received = frozenset(name for reply in replies for name in _texts(document, reply))
    return frozenset(_texts(document, request)), received


def _texts(document: Mapping[str, Any], node: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the string properties in the node's schemas, except enums and names in `_PUBLIC`."""
    for media in node.get("content", {}).values():
        yield from _properties(document, media.get("schema", {}))


def _properties(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    schema = _resolved(document, schema)
    for member in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _properties(document, member)
    for name, property_ in schema.get("properties", {}).items():
        resolved = _merged(document, property_)
        if resolved.get("type") == "string" and "enum" not in resolved and name not in _PUBLIC:
            yield name
        yield from _properties(document, property_)


def _merged(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    resolved = dict(_resolved(document, schema))
    for member in resolved.get("allOf", ()):
        resolved = {**_merged(document, member), **resolved}
    return resolved


def _resolved(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node
