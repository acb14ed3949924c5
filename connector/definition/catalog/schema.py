"""Generates `connector/catalog/schema.json`, the JSON Schema that editors use to check and complete catalogs.

Each catalog refers to the schema in its first line. Run `python -m connector.definition.catalog.schema` or
`make generate` after changing the classes of catalog entries.
"""

import json
from pathlib import Path

from connector.definition.catalog import Catalog

FILE = Path(__file__).parents[2] / "catalog" / "schema.json"


def text() -> str:
    """Generate the content of `connector/catalog/schema.json`, the JSON Schema of catalog files."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Catalog.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
