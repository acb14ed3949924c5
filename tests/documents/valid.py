"""Write `openapi/valid.json`, the hashes of the valid specifications: `python -m documents.valid`."""

import json
from collections.abc import Iterator

from connexion.spec import Specification

import openapi

PAGE = "openapi/valid.json"


def write() -> None:
    """Validate every specification and write its hash; raise Connexion's error if one is not valid."""
    names = [*openapi.vendors(), openapi.CONTROL_PLANE]
    for name in names:
        Specification.from_dict(openapi.read(name))
    hashes = {name: openapi.digest(name) for name in names}
    (openapi.FOLDER / openapi.VALID).write_text(json.dumps(hashes, indent=2) + "\n", "utf-8")


def drift() -> Iterator[str]:
    """Yield a sentence if a specification has changed since it was found to be valid."""
    names = [*openapi.vendors(), openapi.CONTROL_PLANE]
    if changed := [name for name in names if not openapi.known_valid(name)]:
        yield f"{PAGE} is not up to date for {', '.join(changed)}; run `make generate` and commit the result."


if __name__ == "__main__":
    write()
