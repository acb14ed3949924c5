"""Checks of how a step is built: what it asks for, and how it learns of something."""

from collections.abc import Iterator

from connector.generator.zapier.lint.app import App, Step, fields

HELP_LIMIT = 1000
MANY_INPUTS = 30


def d006_hooks_can_be_listed(app: App) -> Iterator[str]:
    """While a Zap is set up, records come from a list, not from something that has to happen first."""
    for path, step in _hooks(app):
        if "performList" not in step["operation"]:
            yield f"{path} is a hook without performList."


def d009_searches_have_inputs(app: App) -> Iterator[str]:
    """One has to search by something."""
    for path, step in app.steps("searches"):
        if not step["operation"].get("inputFields"):
            yield f"{path} has nothing to search by."


def d016_an_app_is_more_than_a_static_hook(app: App) -> Iterator[str]:
    """For that alone Zapier has webhooks of its own."""
    steps = list(app.steps())
    if steps and all(_is_static(step) for _, step in steps):
        yield "The app consists of static hooks only."


def d017_hooks_subscribe_by_themselves(app: App) -> Iterator[str]:
    """A hook that people have to register by hand is not accepted."""
    for path, step in _hooks(app):
        if _is_static(step):
            yield f"{path} is a hook that does not subscribe and unsubscribe by itself."


def d022_creates_have_inputs(app: App) -> Iterator[str]:
    """Templates of Zaps need inputs that everybody has."""
    for path, step in app.steps("creates"):
        if not fields(step, "inputFields"):
            yield f"{path} has no static input."


def h002_required_inputs_come_first(app: App) -> Iterator[str]:
    """What has to be filled in is not to be looked for."""
    for path, step in app.steps():
        required = [bool(one.get("required")) for one in fields(step, "inputFields")]
        if required != sorted(required, reverse=True):
            yield f"{path} asks for something optional before something required."


def h003_keys_of_a_form_are_unique(app: App) -> Iterator[str]:
    """Zapier repeats the columns of line items at the top level, so a key means one input of a form."""
    for path, step in app.steps():
        keys = [
            shown["key"] for one in fields(step, "inputFields") for shown in (one, *one.get("children", ()))
        ]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield f"{path} has two inputs called {key}."


def h004_forms_can_be_filled_in(app: App) -> Iterator[str]:
    """A form of a hundred inputs is an API in disguise."""
    for path, step in app.steps():
        if (count := len(fields(step, "inputFields"))) > MANY_INPUTS:
            yield f"{path} asks for {count} things; {MANY_INPUTS} are the most that a person fills in."
    for path, field in app.inputs():
        if len(field.get("helpText", "")) > HELP_LIMIT:
            yield f"The help of {path} has more than {HELP_LIMIT:,} characters."


def _hooks(app: App) -> Iterator[tuple[str, Step]]:
    for path, step in app.steps("triggers"):
        if step["operation"].get("type") == "hook":
            yield path, step


def _is_static(step: Step) -> bool:
    operation = step["operation"]
    subscribes = {"performSubscribe", "performUnsubscribe"} <= operation.keys()
    return operation.get("type") == "hook" and not subscribes
