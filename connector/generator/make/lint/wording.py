"""Checks of what people read: labels in sentence case, and how modules are called and described."""

from collections.abc import Iterator

from connector.definition.naming import ACRONYMS
from connector.generator.make.lint.app import App
from connector.generator.make.lint.references import every
from connector.generator.make.naming import PROPER

STARTS = {
    "trigger": ("Watch ",),
    "instant_trigger": ("Watch ",),
    "search": ("Search ", "List ", "Track "),
    "universal": ("Make an API call",),
}
TRIGGER = "Triggers when "


def m018_everything_has_a_label(app: App) -> Iterator[str]:
    """Components, and all fields of forms and interfaces, have labels."""
    for one in app.components("connection", "webhook", "module", "rpc"):
        if not one.entry.get("label"):
            yield f"{one.name} has no label."
        for code in ("staticParams", "mappableParams", "params", "interface"):
            for field in every(one.code.get(code) or []):
                if not field.get("label"):
                    yield f"{one.name} {code}: {field['name']} has no label."


def m019_labels_are_in_sentence_case(app: App) -> Iterator[str]:
    """Only the first word of a label, and names, have a capital letter."""
    for where, label in _labels(app):
        if not is_sentence(label, app.names):
            yield f"{where}: {label!r} is not in sentence case."


def _labels(app: App) -> Iterator[tuple[str, str]]:
    for group in app.general("groups"):
        yield "groups", group["label"]
    for one in app.components("webhook", "module", "rpc"):
        yield one.name, one.entry.get("label", "")
    for one in app.components("connection", "module"):
        for code in ("staticParams", "mappableParams", "params", "interface"):
            for field in every(one.code.get(code) or []):
                yield f"{one.name} {code}", field.get("label", "")


def is_sentence(label: str, names: frozenset[str]) -> bool:
    """Say whether a label is in sentence case: `RMA number`, `Store ID`, `Make an API call`."""
    first, *others = label.split(" ") if label else [""]
    kept = PROPER | names | set(ACRONYMS.values())
    titled = [bare for word in others if (bare := word.strip("().,:;'")) not in kept and bare.istitle()]
    return not titled and first[:1] == first[:1].upper()


def m020_modules_are_called_as_make_calls_them(app: App) -> Iterator[str]:
    """A label begins as its type wants it ("Watch …", "Search …", "List …"), and no two are the same."""
    for one in app.modules():
        starts = STARTS.get(one.type)
        label = one.entry.get("label", "")
        if starts and not label.startswith(starts):
            yield f"{one.name}: {label!r} should begin with {' or '.join(start.strip() for start in starts)}."
        if len(label) > 60:  # noqa: PLR2004 - what Make's editor shows whole
            yield f"{one.name}: {label!r} is too long."
    labels = [one.entry.get("label", "") for one in app.modules()]
    for label in sorted({one for one in labels if labels.count(one) > 1}):
        yield f"Two modules are called {label!r}."


def m021_modules_are_described_in_the_third_person(app: App) -> Iterator[str]:
    """A sentence with a verb that ends in s; triggers say when they trigger."""
    for one in app.modules():
        text = str(one.entry.get("description", ""))
        if not text.endswith(".") or not text.partition(" ")[0].rstrip(",").endswith("s"):
            yield f"{one.name}: {text!r} is no sentence in the third person."
        elif one.type in ("trigger", "instant_trigger") and not text.startswith(TRIGGER):
            yield f"{one.name}: {text!r} should begin with {TRIGGER.strip()!r}."
