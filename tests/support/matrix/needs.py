"""What each scenario needs of a runtime: the keys to run it with, empty if it cannot run."""

from collections.abc import Callable, Sequence

from connector.definition.instant import with_instant
from connector.definition.model import Guarantee, InputField
from support.matrix.adapter import Adapter

Need = Callable[[Adapter], Sequence[str]]


def login(app: Adapter) -> Sequence[str]:
    return [one.key for one in app.shop.offer.authentication.fields]


def triggers(app: Adapter) -> Sequence[str]:
    shown = app.offered("triggers")
    return [key for key in app.shop.offer.triggers if key in shown]


def promise(app: Adapter, key: str) -> Guarantee:
    """Return the row of the guarantee table that applies to the runtime."""
    return app.shop.offer.triggers[key].guarantees[app.runtime]


def hooks(app: Adapter) -> Sequence[str]:
    """Return the instant triggers."""
    shown = app.hooked()
    return [key for key in with_instant(app.shop.offer).triggers if key in shown]


def new_records(app: Adapter) -> Sequence[str]:
    """Return the triggers that deliver each record once."""
    return [key for key in triggers(app) if promise(app, key).delivers == "every_record"]


def looking_back(app: Adapter) -> Sequence[str]:
    """Return the triggers of `new_records` that also find records which become visible late."""
    return [key for key in new_records(app) if promise(app, key).look_back != 0]


def changes(app: Adapter) -> Sequence[str]:
    """Return the triggers that deliver a record again each time it changes."""
    return [key for key in triggers(app) if promise(app, key).delivers in {"latest_state", "while_there"}]


def filtered(app: Adapter) -> Sequence[str]:
    """Return the triggers with filters."""
    return [key for key in triggers(app) if app.form("triggers", key) & filters(app, key)]


def filters(app: Adapter, key: str) -> frozenset[str]:
    """Return the keys of a trigger's filters."""
    return frozenset(one.key for one in app.shop.offer.triggers[key].inputs)


def long_readings(app: Adapter) -> Sequence[str]:
    """Return the triggers that read more than one page."""
    return [key for key in triggers(app) if promise(app, key).pages > 1]


def lists_not_found(app: Adapter) -> Sequence[str]:
    """Return the triggers whose list may be answered with 404, which is always an error for Make."""
    offer = app.shop.offer
    lists = {key: offer.operations[one.source.operation].paging for key, one in offer.triggers.items()}
    empty = {name for name, paging in offer.paging.items() if paging.missing_is_empty}
    return [key for key in triggers(app) if lists[key] in empty and app.runtime != "make"]


def actions(app: Adapter) -> Sequence[str]:
    shown = app.offered("actions")
    return [key for key in app.shop.offer.actions if key in shown]


def reached_once(app: Adapter) -> Sequence[str]:
    """Return the triggers that fire once, when a record reaches a status."""
    return [key for key in triggers(app) if promise(app, key).delivers == "reached"]


def actions_on_a_record(app: Adapter) -> Sequence[str]:
    """Return the actions that take the id of an existing record."""
    offer = app.shop.offer
    return [key for key in actions(app) if any(one.location == "path" for one in offer.actions[key].inputs)]


def actions_with_line_items(app: Adapter) -> Sequence[str]:
    return [key for key in actions(app) if any(one.children for one in shown_inputs(app, key))]


def actions_with_choices(app: Adapter) -> Sequence[str]:
    return [key for key in actions(app) if inputs_with_choices(app, key)]


def inputs_with_choices(app: Adapter, action: str) -> Sequence[InputField]:
    """Return the inputs that offer a list of values, or of the shop's records."""
    records = long_dropdowns(app)
    return [one for one in shown_inputs(app, action) if one.choices or one.dropdown in records]


def actions_with_parts(app: Adapter) -> Sequence[str]:
    """Return the actions whose form has a dropdown of the parts of another record."""
    if app.runtime == "python":
        return []
    return [key for key in actions(app) if inputs_with_parts(app, key)]


def inputs_with_parts(app: Adapter, action: str) -> Sequence[tuple[str | None, InputField]]:
    """Return the inputs with a dropdown of parts, each with the key of its line items, or None."""
    shown = shown_inputs(app, action)
    found = [*((None, one) for one in shown), *((one.key, each) for one in shown for each in one.children)]
    return [(rows, one) for rows, one in found if one.dependent_dropdown]


def shown_inputs(app: Adapter, action: str) -> Sequence[InputField]:
    """Return the inputs of an action that the runtime shows."""
    shown = app.form("actions", action)
    return [one for one in app.shop.offer.actions[action].inputs if one.key in shown]


def searches(app: Adapter) -> Sequence[str]:
    """Return the searches that can find nothing."""
    shown, offer = app.offered("searches"), app.shop.offer
    return [key for key, one in offer.searches.items() if key in shown and one.kind != "report"]


def long_dropdowns(app: Adapter) -> Sequence[str]:
    """Return the dropdowns of records that have pages."""
    shown, offer = app.offered("dropdowns"), app.shop.offer
    return [
        key
        for key, one in offer.dropdowns.items()
        if key in shown and one.operation and offer.operations[one.operation].paging
    ]
