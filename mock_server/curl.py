"""A command line that works: the first list of an API, read with curl."""

import shlex
from collections.abc import Mapping
from typing import Any


def command(
    document: Mapping[str, Any], url: str, headers: Mapping[str, str], query: Mapping[str, str]
) -> str:
    """Return a curl command for the first path of an OpenAPI document that needs no id."""
    paths = (path for path, item in document["paths"].items() if "get" in item and "{" not in path)
    question = "&".join(f"{name}={value}" for name, value in query.items())
    address = url + next(paths, "/")
    options = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    return shlex.join(["curl", *options, f"{address}?{question}" if question else address])
