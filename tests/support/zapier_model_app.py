"""A small valid app with every kind of step that Zapier has; tests add faults to it."""

import copy
import json
from typing import Any

from connector.generator.zapier.lint import App

RECORD = {
    "id": "1",
    "status": "open",
    "made_at": "2026-10-31T09:30:00Z",
    "shop": {"name": "Example Outfitters"},
    "lines": [{"sku": "HAT-1", "quantity": 1}],
}
OUTPUTS = [
    {"key": "id", "label": "ID", "type": "string", "primary": True, "required": True},
    {"key": "status", "label": "Status", "type": "string"},
    {"key": "made_at", "label": "Made At", "type": "datetime"},
    {"key": "shop__name", "label": "Shop Name", "type": "string"},
    {"key": "lines[]sku", "label": "Lines SKU", "type": "string"},
    {"key": "lines[]quantity", "label": "Lines Quantity", "type": "integer"},
]
LINK = "Go to [the key page](https://shop.example/keys)."
LINES = {
    "key": "lines",
    "label": "Lines",
    "required": False,
    "children": [{"key": "sku", "label": "SKU", "type": "string", "required": True}],
}
PARCEL = {
    "key": "parcel_id", "label": "Parcel", "type": "string", "required": True,
    "dynamic": "parcel.id.label", "search": "find_parcel.id",
    "helpText": "Choose one that is on its way, or map its ID.",
}  # fmt: skip
FUNCTION = "$func$2$f$"


def _step(label: str, description: str, **operation: Any) -> dict[str, Any]:
    return {
        "noun": "Parcel",
        "display": {"label": label, "description": description},
        "operation": {"perform": FUNCTION, "inputFields": [], "outputFields": OUTPUTS, "sample": RECORD}
        | operation,
    }


def _keyed(**steps: dict[str, Any]) -> dict[str, Any]:
    return {key: {"key": key} | step for key, step in steps.items()}


DEFINITION: dict[str, Any] = {
    "version": "1.0.0",
    "platformVersion": "19.1.0",
    "authentication": {
        "type": "custom",
        "test": FUNCTION,
        "connectionLabel": "{{account}}",
        "fields": [{"key": "api_key", "label": "API Key", "type": "password", "helpText": LINK}],
    },
    "triggers": _keyed(
        new_parcel=_step("New Parcel", "Triggers when a new parcel is made.", type="polling"),
        parcel_moved=_step(
            "Parcel Moved", "Triggers when a parcel moves.", type="hook",
            performList=FUNCTION, performSubscribe=FUNCTION, performUnsubscribe=FUNCTION,
        ),
        parcel={
            "noun": "Parcel",
            "display": {"label": "Choose parcel", "description": "Lists parcels.", "hidden": True},
            "operation": {
                "perform": FUNCTION,
                "outputFields": [{"key": "id"}, {"key": "label"}],
            },
        },
    ),
    "creates": _keyed(move_parcel=_step("Move Parcel", "Moves a parcel.", inputFields=[PARCEL, LINES])),
    "searches": _keyed(
        find_parcel=_step(
            "Find Parcel", "Finds a parcel by its number.",
            inputFields=[{"key": "number", "label": "Number", "type": "string", "required": True}],
        )
    ),
    "searchOrCreates": {
        "find_parcel": {
            "key": "find_parcel",
            "display": {"label": "Find or Move Parcel", "description": "Finds a parcel, or moves one."},
            "search": "find_parcel",
            "create": "move_parcel",
        }
    },
}  # fmt: skip
PACKAGE: dict[str, Any] = {
    "version": "1.0.0",
    "description": "Parcels is a made-up service that moves parcels from here to there.",
    "type": "module",
    "exports": "./index.js",
    "dependencies": {"zapier-platform-core": "19.1.0"},
}
LOCK = {"packages": {"node_modules/zapier-platform-core": {"version": "19.1.0"}}}
FILES = {
    "package.json": json.dumps(PACKAGE),
    "package-lock.json": json.dumps(LOCK),
    ".zapierapprc": json.dumps({"includeInBuild": ["require\\.mjs$"]}),
    "vendor.js": "// not http://\nexport default { url: 'https://api.shop.example/v1' };\n",
    "test/app.test.js": "const url = 'http://127.0.0.1:9';\n",
}


def model_app() -> App:
    """Return a copy of the app."""
    return App(copy.deepcopy(DEFINITION), [], dict(FILES))


def spoilt(place: str, value: Any) -> App:
    """Return the app with another value in its definition (`triggers.new_parcel.key`) or in a file.

    A path that begins with `/` is a file. None removes the value.
    """
    app = model_app()
    if place.startswith("/"):
        return App(app.definition, [], {**app.files, place[1:]: value})
    *above, last = [int(name) if name.isdigit() else name for name in place.split(".")]
    holder: Any = app.definition
    for name in above:
        holder = holder[name]
    if value is None:
        del holder[last]
    else:
        holder[last] = value
    return app
