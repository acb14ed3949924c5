"""Builds the example curl command for an API: a GET request that uses the given credentials."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any


def command(
    document: Mapping[str, Any], url: str, headers: Mapping[str, str], query: Mapping[str, str]
) -> str:
    """Build a curl command for the document's first GET operation that has no path parameters.

    Required query parameters are set to the example values from the OpenAPI document. `headers` and `query`
    contain the credentials.
    """
    path, required = first_list(document)
    parameters = {**required, **query}
    query_string = "&".join(f"{name}={value}" for name, value in parameters.items())
    options = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    return shlex.join(["curl", *options, f"{url}{path}?{query_string}" if query_string else url + path])


def first_list(document: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the path and the query parameters of the document's first GET operation without path parameters.

    Only required query parameters are returned: a dictionary of their example values, keyed by name.
    """
    paths = (path for path, item in document["paths"].items() if "get" in item and "{" not in path)
    path = next(paths, "/")
    return path, dict(_required(document, path))


def _required(document: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    item = document["paths"].get(path, {})
    shared = document.get("components", {}).get("parameters", {})
    for entry in (*item.get("parameters", ()), *item.get("get", {}).get("parameters", ())):
        parameter = shared[entry["$ref"].rpartition("/")[2]] if "$ref" in entry else entry
        if parameter["in"] == "query" and parameter.get("required") and "example" in parameter:
            yield parameter["name"], parameter["example"]
