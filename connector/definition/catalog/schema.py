"""Generates `connector/catalog/schema.json`, the JSON Schema with which editors check and complete catalogs.

Each catalog names the schema in its first line. Run `python -m connector.definition.catalog.schema` after
changing the entries; `make generate` does it as well.
"""

import json
from pathlib import Path

from connector.definition.catalog import Catalog

FILE = Path(__file__).parents[2] / "catalog" / "schema.json"


def text() -> str:
    """Return the content of the schema file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Catalog.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
