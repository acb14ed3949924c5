"""The reasons for empty cells: features that a vendor's API or a platform does not have."""

from collections.abc import Mapping

BY_ID = "No action of {} takes the id of a record."
NO_HOOKS = "Webhooks of {} are set up by hand in its settings, not through its API."
NO_ACTION = "ReturnLogic's apps have no action: Create Order is left out, because its path is assumed."
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
    ("exsited", "make", "status_before_switch_on"): (
        "Exsited's records have no time of their status change, which Make would need."
    ),
    (
        "returnlogic",
        "*",
        "status_before_switch_on",
    ): "ReturnLogic has no trigger for a status.",
    ("exsited", "*", "subscribed"): "Exsited's API has no webhooks.",
    ("returnlogic", "*", "subscribed"): "ReturnLogic does not document how to subscribe to webhooks.",
    ("returnmate", "*", "subscribed"): NO_HOOKS.format("ReturnMate"),
    ("swap", "*", "subscribed"): NO_HOOKS.format("Swap"),
    ("exsited", "*", "list_not_found"): EMPTY.format("Exsited"),
    ("returngo", "*", "list_not_found"): EMPTY.format("ReturnGO"),
    ("returngo", "n8n", "subscribed"): "The n8n packages poll, and offer no instant triggers.",
    ("returnlogic", "make", "each_change_once"): (
        "ReturnLogic's records have no time of their status change, which Make would need."
    ),
    **{
        ("returnlogic", runtime, scenario): NO_ACTION
        for runtime in ("zapier", "make", "n8n")
        for scenario in (
            "wrong_value",
            "optional_fields",
            "line_items",
            "parts_of_a_record",
            "choice_by_label",
        )
    },
    ("returnlogic", "*", "list_not_found"): EMPTY.format("ReturnLogic"),
    ("returnlogic", "*", "missing_record"): BY_ID.format("ReturnLogic"),
    ("returnmate", "make", "each_change_once"): (
        "ReturnMate's records have no time of their status change, which Make would need."
    ),
    ("*", "python", "parts_of_a_record"): "Python has no forms; a program reads the parts from the record.",
    ("returnmate", "*", "parts_of_a_record"): "No action of ReturnMate takes the id of a part of a record.",
    ("returnmate", "*", "list_not_found"): EMPTY.format("ReturnMate"),
    ("swap", "*", "missing_record"): BY_ID.format("Swap"),
    ("swap", "make", "line_items"): (
        "Swap accepts one product per request, and a module of Make sends one request."
    ),
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
