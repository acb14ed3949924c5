"""The reasons for empty cells: features that a vendor's API or a platform does not have."""

from collections.abc import Mapping

ASSUMED = "ReturnLogic's line items are only assumed; generated apps include documented inputs only."
NO_LINES = "ReturnGO's creation of returns is only assumed; generated apps include documented actions only."
BY_ID = "No action of {} takes the id of a record."
NO_HOOKS = "Webhooks of {} are set up by hand in its settings, not through its API."
EMPTY = "{} answers an empty list with 200."

LIMITS: Mapping[tuple[str, str, str], str] = {
    ("*", "make", "late_record"): (
        "Make continues from the time of the last event: a record that appears after a newer one is lost."
    ),
    (
        "*",
        "make",
        "list_not_found",
    ): "For Make, every status of 400 or above is an error, even for an empty list.",
    ("*", "python", "subscribed"): "The Python connector polls; it does not receive webhooks.",
    ("exsited", "*", "subscribed"): "Exsited's API has no webhooks.",
    ("returnlogic", "*", "subscribed"): "ReturnLogic does not document how to subscribe to webhooks.",
    ("returnmate", "*", "subscribed"): NO_HOOKS.format("ReturnMate"),
    ("swap", "*", "subscribed"): NO_HOOKS.format("Swap"),
    ("exsited", "*", "list_not_found"): EMPTY.format("Exsited"),
    ("exsited", "make", "each_change_once"): (
        "Exsited's records have no time of their status change, which Make would need."
    ),
    ("returngo", "*", "list_not_found"): EMPTY.format("ReturnGO"),
    ("returngo", "zapier", "line_items"): NO_LINES,
    ("returngo", "make", "line_items"): NO_LINES,
    ("returngo", "n8n", "line_items"): NO_LINES,
    ("returngo", "n8n", "subscribed"): "The n8n packages poll, because ReturnGO's webhooks are only assumed.",
    ("returnlogic", "*", "each_change_once"): "ReturnLogic's lists show new records only, not changes.",
    ("returnlogic", "*", "list_not_found"): EMPTY.format("ReturnLogic"),
    ("returnlogic", "*", "missing_record"): BY_ID.format("ReturnLogic"),
    ("returnlogic", "zapier", "line_items"): ASSUMED,
    ("returnlogic", "make", "line_items"): ASSUMED,
    ("returnlogic", "n8n", "line_items"): ASSUMED,
    ("returnlogic", "*", "dropdown_page_2"): "No input of ReturnLogic takes the id of a record.",
    ("returnmate", "make", "each_change_once"): (
        "ReturnMate's records have no time of their status change, which Make would need."
    ),
    ("returnmate", "*", "list_not_found"): EMPTY.format("ReturnMate"),
    ("swap", "*", "missing_record"): BY_ID.format("Swap"),
    ("swap", "*", "line_items"): "No action of Swap takes line items.",
}
"""By vendor, runtime and scenario; `*` stands for all of them."""


def limit(vendor: str, runtime: str, scenario: str) -> str | None:
    """Return the reason why the cell is empty, or None if its scenario runs."""
    places = [
        (vendor, runtime, scenario),
        (vendor, "*", scenario),
        ("*", runtime, scenario),
        ("*", "*", scenario),
    ]
    return next((LIMITS[place] for place in places if place in LIMITS), None)
