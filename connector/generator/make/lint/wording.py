"""Checks user-facing text: labels are in sentence case, and every module has a label and a description."""

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
    """Check that every component, input parameter and output field has a label."""
    for one in app.components("connection", "webhook", "module", "rpc"):
        if not one.entry.get("label"):
            yield f"{one.name} has no label. Add one."
        for code in ("staticParams", "mappableParams", "params", "interface"):
            for field in every(one.code.get(code) or []):
                if not field.get("label"):
                    yield f"In {one.name} {code}, {field['name']} has no label. Add one."


def m019_labels_are_in_sentence_case(app: App) -> Iterator[str]:
    """Check that labels are in sentence case: only the first word and proper nouns are capitalized."""
    for where, label in _labels(app):
        if not is_sentence_case(label, app.names):
            yield f"In {where}, the label {label!r} is not in sentence case. Lower all but the first word."


def _labels(app: App) -> Iterator[tuple[str, str]]:
    for group in app.general("groups"):
        yield "groups", group["label"]
    for one in app.components("webhook", "module", "rpc"):
        yield one.name, one.entry.get("label", "")
    for one in app.components("connection", "module"):
        for code in ("staticParams", "mappableParams", "params", "interface"):
            for field in every(one.code.get(code) or []):
                yield f"{one.name} {code}", field.get("label", "")


def is_sentence_case(label: str, names: frozenset[str]) -> bool:
    """Check whether a label is in sentence case, such as `RMA number`, `Store ID` or `Make an API call`.

    `names` contains additional words that may be capitalized.
    """
    first, *others = label.split(" ") if label else [""]
    proper = PROPER | names | set(ACRONYMS.values())
    titled = [bare for word in others if (bare := word.strip("().,:;'")) not in proper and bare.istitle()]
    return not titled and first[:1] == first[:1].upper()


def m020_module_labels_follow_makes_rules(app: App) -> Iterator[str]:
    """Check that module labels are unique, have at most 60 characters, and begin with a suitable word.

    The word depends on the module's type. For example, a trigger's label begins with "Watch".
    """
    for one in app.modules():
        starts = STARTS.get(one.type)
        label = one.entry.get("label", "")
        if starts and not label.startswith(starts):
            wanted = " or ".join(start.strip() for start in starts)
            yield f"{one.name} has the label {label!r}. Begin it with {wanted}."
        if len(label) > 60:  # noqa: PLR2004 - Make's editor cuts longer labels
            yield f"{one.name} has a label of more than 60 characters. Shorten {label!r}."
    labels = [one.entry.get("label", "") for one in app.modules()]
    for label in sorted({one for one in labels if labels.count(one) > 1}):
        yield f"Two modules are called {label!r}. Rename one."


def m021_modules_are_described_in_the_third_person(app: App) -> Iterator[str]:
    """Check that every module's description is a sentence in the third person.

    A trigger's description must begin with `Triggers when`.
    """
    for one in app.modules():
        text = str(one.entry.get("description", ""))
        if not text.endswith(".") or not text.partition(" ")[0].rstrip(",").endswith("s"):
            yield f"{one.name} has the description {text!r}. Write a sentence like 'Creates a return.'."
        elif one.type in ("trigger", "instant_trigger") and not text.startswith(TRIGGER):
            yield f"{one.name} has the description {text!r}. Begin it with {TRIGGER.strip()!r}."
