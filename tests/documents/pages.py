"""Write the generated tables of the documents and the schema of a shop; find what differs or is too long."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from documents import faults, public_names, recipes, shared_steps, shop_schema, tables, zaps
from mock_server.shop import template

ROOT = Path(__file__).parents[2]
TABLES = {
    "vendors": ("README.md", tables.vendors),
    "fidelity": ("docs/fidelity.md", tables.fidelity),
    "guarantees": ("docs/guarantees.md", tables.guarantees),
    "action-guarantees": ("docs/guarantees.md", tables.action_guarantees_table),
    "make-left-out": ("docs/make.md", tables.make_left_out),
    "webhooks": ("docs/webhooks.md", tables.webhooks),
    "public-names": ("docs/python.md", public_names.public_names),
    "shared-steps": ("docs/python/all-vendors.md", shared_steps.shared_steps),
    "matrix": ("docs/matrix.md", tables.matrix),
    "faults": ("docs/faults.md", faults.faults),
    "scenarios": ("docs/faults.md", faults.scenarios),
    "zaps-that-fit": ("docs/zapier.md", zaps.zaps_that_fit),
    "recipes": ("docs/guides/recipes.md", recipes.recipe_tables),
    "shop-statuses": ("docs/your-own-shop.md", tables.shop_statuses),
}
"""The name in a table's markers, `<!-- name -->` and `<!-- /name -->`: its document, and what computes it."""
LONGEST = 120
APPS = ("zapier_app/*", "make_app/*", "make_app/*/src", "n8n_nodes/*")
PLACES = ("*.md", "docs/**/*.md", *(f"{folder}/*.md" for folder in APPS))


def documents() -> list[Path]:
    """Return every document, those generated beside the apps included."""
    return sorted(path for place in PLACES for path in ROOT.glob(place))


def write() -> Iterator[str]:
    """Write each table that differs; yield the documents that changed."""
    for page, text in _current().items():
        if text != (ROOT / page).read_text("utf-8"):
            (ROOT / page).write_text(text, "utf-8")
            yield page
    if shop_schema.build() != template.SCHEMA.read_text("utf-8"):
        template.SCHEMA.write_text(shop_schema.build(), "utf-8")
        yield str(template.SCHEMA.relative_to(ROOT))


def drift() -> Iterator[str]:
    """Yield a sentence for each document whose tables differ from their sources."""
    for page, text in _current().items():
        if text != (ROOT / page).read_text("utf-8"):
            yield f"{page} has a table that differs from its source; run `make docs` and commit the result."
    if shop_schema.build() != template.SCHEMA.read_text("utf-8"):
        yield f"{template.SCHEMA.name} differs from the control plane; run `make docs` and commit it."


def too_long() -> Iterator[str]:
    """Yield the place of each line that is too long, in every document."""
    for path in documents():
        for number in long_lines(path.read_text("utf-8")):
            yield f"{path.relative_to(ROOT)}:{number}: longer than {LONGEST} characters"


def long_lines(text: str) -> list[int]:
    """Return the numbers of the lines that are too long and could be broken: a single word may be longer."""
    return [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if len(line) > LONGEST and " " in line.strip()
    ]


def _current() -> Mapping[str, str]:
    """Return each document with a table as it should read."""
    texts: dict[str, str] = {}
    for name, (page, table) in TABLES.items():
        text = texts.get(page) or (ROOT / page).read_text("utf-8")
        texts[page] = filled(text, name, table())
    return texts


def filled(text: str, name: str, table: str) -> str:
    """Return the text with a table between its two markers, which have to be there."""
    first, last = f"<!-- {name} -->", f"<!-- /{name} -->"
    if text.count(first) != 1 or text.count(last) != 1:
        raise ValueError(f"Write {first} and {last} once each, on lines of their own.")
    return re.sub(f"{first}.*{last}", lambda _: f"{first}\n{table}\n{last}", text, flags=re.DOTALL)
