"""Lint checks for the structure of steps: their input forms, and the functions of webhook triggers."""

import re
from collections.abc import Iterator

from connector.generator.zapier.lint.app import App, Step, fields

HELP_LIMIT = 1000
MANY_INPUTS = 30
SEVERAL = re.compile(r"Finds (?:all|every)\b|Finds the \w+[^su]s\b")


def d006_hooks_can_be_listed(app: App) -> Iterator[str]:
    """Check that each webhook trigger has a `performList` function, which loads examples during setup."""
    for path, step in _hooks(app):
        if "performList" not in step["operation"]:
            yield f"{path} is a hook without performList. Add one."


def d009_searches_have_inputs(app: App) -> Iterator[str]:
    """Check that each search has at least one input."""
    for path, step in app.steps("searches"):
        if not step["operation"].get("inputFields"):
            yield f"{path} has no input to search by. Add one."


def d016_an_app_is_more_than_a_static_hook(app: App) -> Iterator[str]:
    """Check that the app does not consist only of static webhook triggers.

    The user must register the URL of a static webhook trigger with the vendor by hand. Zapier's own Webhooks
    app already has triggers of this kind, so an app that has no other steps is of no use.
    """
    steps = list(app.steps())
    if steps and all(_is_static(step) for _, step in steps):
        yield "The app has only static hooks. Add another step, or make the hooks subscribe by themselves."


def d017_hooks_subscribe_by_themselves(app: App) -> Iterator[str]:
    """Check that each webhook trigger subscribes and unsubscribes automatically.

    Zapier does not accept webhooks that users must register by hand.
    """
    for path, step in _hooks(app):
        if _is_static(step):
            yield f"{path} is a static hook. Add performSubscribe and performUnsubscribe."


def d022_creates_have_inputs(app: App) -> Iterator[str]:
    """Check that each create action has at least one static input, because Zap templates need one."""
    for path, step in app.steps("creates"):
        if not fields(step, "inputFields"):
            yield f"{path} has no static input. Add one."


def h002_required_inputs_come_first(app: App) -> Iterator[str]:
    """Check that required inputs are listed before optional inputs.

    An input with `altersDynamicFields` may come first: the choices of the inputs below it depend on it.
    """
    for path, step in app.steps():
        listed = [one for one in fields(step, "inputFields") if not one.get("altersDynamicFields")]
        required = [bool(one.get("required")) for one in listed]
        if required != sorted(required, reverse=True):
            yield f"{path} has an optional input before a required one. Put required inputs first."


def h003_keys_of_a_form_are_unique(app: App) -> Iterator[str]:
    """Check that all inputs of a step have different keys, including the columns of line items.

    Zapier also copies the columns to the top level of the input data, where one of two values with the same
    key would be lost.
    """
    for path, step in app.steps():
        keys = [
            field["key"]
            for parent in fields(step, "inputFields")
            for field in (parent, *parent.get("children", ()))
        ]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield f"{path} has two inputs with the key {key}. Rename one."


def h004_forms_can_be_filled_in(app: App) -> Iterator[str]:
    """Check that no step has more than `MANY_INPUTS` inputs, and that no help text exceeds `HELP_LIMIT`.

    Inputs of a group, such as an address, do not count: Zapier shows a group as one section.
    """
    for path, step in app.steps():
        if (count := sum("group" not in one for one in fields(step, "inputFields"))) > MANY_INPUTS:
            yield f"{path} has {count} inputs. Use at most {MANY_INPUTS}."
    for path, field in app.inputs():
        if len(field.get("helpText", "")) > HELP_LIMIT:
            yield f"The help of {path} has more than {HELP_LIMIT:,} characters. Shorten it."


def h016_searches_for_several_records_return_line_items(app: App) -> Iterator[str]:
    """Check that a search for several records returns one record with line items, `count` and `found`.

    A Zap continues with the first record of a search only. The description says whether a search finds
    several records, as in `Finds all returns of a customer.`.
    """
    for path, step in app.steps("searches"):
        if SEVERAL.match(step["display"]["description"]):
            keys = {one["key"] for one in fields(step, "outputFields")}
            missing = [key for key in ("count", "found") if key not in keys]
            missing += [] if any("[]" in key for key in keys) else ["line items"]
            if missing:
                yield (
                    f"{path} finds several records, of which a Zap gets only the first. Return one record "
                    f"with {' and '.join(missing)}."
                )


def _hooks(app: App) -> Iterator[tuple[str, Step]]:
    for path, step in app.steps("triggers"):
        if step["operation"].get("type") == "hook":
            yield path, step


def _is_static(step: Step) -> bool:
    operation = step["operation"]
    subscribes = {"performSubscribe", "performUnsubscribe"} <= operation.keys()
    return operation.get("type") == "hook" and not subscribes
