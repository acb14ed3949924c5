"""A command line that works: the first list of an API, read with curl."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any


def command(
    document: Mapping[str, Any], url: str, headers: Mapping[str, str], query: Mapping[str, str]
) -> str:
    """Return a curl command for the first path of an OpenAPI document that needs no id.

    What else the path asks for has the value of the document's example.
    """
    paths = (path for path, item in document["paths"].items() if "get" in item and "{" not in path)
    path = next(paths, "/")
    asked = {**dict(_required(document, path)), **query}
    question = "&".join(f"{name}={value}" for name, value in asked.items())
    options = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    return shlex.join(["curl", *options, f"{url}{path}?{question}" if question else url + path])


def _required(document: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    item = document["paths"].get(path, {})
    known = document.get("components", {}).get("parameters", {})
    for one in (*item.get("parameters", ()), *item.get("get", {}).get("parameters", ())):
        parameter = known[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        if parameter["in"] == "query" and parameter.get("required") and "example" in parameter:
            yield parameter["name"], parameter["example"]
