"""Why some cells are empty: what a vendor's API or a platform does not have."""

from collections.abc import Mapping

ASSUMED = "What ReturnLogic takes as line items is assumed; generated apps offer what is documented."
NO_LINES = "ReturnGO's creation of returns is assumed; generated apps offer what is documented."
BY_ID = "{} has no action on a record by its id."
NO_HOOKS = "What {} tells by itself is set up by hand in its settings, not by its API."
EMPTY = "{} answers a list without records as an empty list."

LIMITS: Mapping[tuple[str, str, str], str] = {
    ("*", "make", "late_record"): (
        "Make goes on from the time of the last event: what becomes visible later than a younger one is lost."
    ),
    ("*", "make", "list_not_found"): "To Make a status of 400 or above is an error, also for an empty list.",
    ("*", "python", "subscribed"): "The connector in Python polls; it receives nothing.",
    ("exsited", "*", "subscribed"): "Exsited's API has no webhooks that a program could ask for.",
    ("returnlogic", "*", "subscribed"): "How webhooks of ReturnLogic are asked for is documented nowhere.",
    ("returnmate", "*", "subscribed"): NO_HOOKS.format("ReturnMate"),
    ("swap", "*", "subscribed"): NO_HOOKS.format("Swap"),
    ("exsited", "*", "list_not_found"): EMPTY.format("Exsited"),
    ("returngo", "*", "list_not_found"): EMPTY.format("ReturnGO"),
    ("returngo", "zapier", "line_items"): NO_LINES,
    ("returngo", "make", "line_items"): NO_LINES,
    ("returnlogic", "*", "each_change_once"): "ReturnLogic's lists show no changes, only what is new.",
    ("returnlogic", "*", "list_not_found"): EMPTY.format("ReturnLogic"),
    ("returnlogic", "*", "missing_record"): BY_ID.format("ReturnLogic"),
    ("returnlogic", "zapier", "line_items"): ASSUMED,
    ("returnlogic", "make", "line_items"): ASSUMED,
    ("returnlogic", "*", "dropdown_page_2"): "No input of ReturnLogic asks for one of its records.",
    ("returnmate", "make", "each_change_once"): (
        "ReturnMate's records do not hold the time of a change of status, by which Make would have to go."
    ),
    ("returnmate", "*", "list_not_found"): EMPTY.format("ReturnMate"),
    ("swap", "*", "missing_record"): BY_ID.format("Swap"),
    ("swap", "*", "line_items"): "No action of Swap takes line items.",
}
"""By vendor, runtime and scenario; `*` is all of them."""


def limit(vendor: str, runtime: str, scenario: str) -> str | None:
    """Why the cell is empty; None for one that is played."""
    places = [
        (vendor, runtime, scenario),
        (vendor, "*", scenario),
        ("*", runtime, scenario),
        ("*", "*", scenario),
    ]
    return next((LIMITS[place] for place in places if place in LIMITS), None)
