"""Lint checks for the text that a Zapier app shows to users: labels, descriptions and help text."""

import json
import re
from collections.abc import Iterator
from typing import Any

from connector.generator.helps import repeats
from connector.generator.zapier.lint.app import App, fields

SMALL = {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}
LINK = re.compile(r"\[[^\[\]]+\]\((?P<target>[^()\s]*)\)")
QUOTED = re.compile(r"`[^`]*`")
DANGEROUS = re.compile(r"\b(?:javascript|vbscript|data|file|blob):(?=\S)", re.IGNORECASE)
STUTTER = re.compile(r"\b(\w+(?: \w+)*?)s? \1s?\b", re.IGNORECASE)
SHOUT = re.compile(r"\b[A-Z]{4,}\b")
LABEL_LIMIT = 60
DESCRIPTION = range(15, 141)
BEGINNINGS = {"creates": r"[A-Z][a-z]+s ", "searches": r"Finds ", "searchOrCreates": r"Finds "}
VERBS = {
    "creates": "Add|Approve|Cancel|Create|Delete|Move|Receive|Record|Reject|Send|Set|Update",
    "searches": "Find",
    "searchOrCreates": "Find or",
}


def d008_links_are_whole(app: App) -> Iterator[str]:
    """Check that links are written `[text](https://…)`, and that other URLs are in backticks."""
    for path, text in _texts(app):
        targets = LINK.sub(lambda link: "" if link["target"].startswith("https://") else link[0], text)
        rest = QUOTED.sub("", targets)
        if re.search(r"https?://|\]\(|\[[^\]]*\(", rest):
            yield f"{path} has an invalid link: {text!r}. Write [text](https://…), or put it in backticks."


def d011_help_says_more_than_the_label(app: App) -> Iterator[str]:
    """Check that no help text merely repeats the field's label, or the step's label, description or noun."""
    for path, step in app.steps():
        about = " ".join((*step["display"].values(), step.get("noun", "")))
        for parent in fields(step, "inputFields"):
            for one in (parent, *parent.get("children", ())):
                if repeats(one.get("helpText", ""), one.get("label", ""), about):
                    yield f"The help of {path}.{one['key']} only repeats its label. Say more, or remove it."
    for one in app.login_fields():
        if repeats(one.get("helpText", ""), one.get("label", "")):
            yield f"The help of authentication.{one['key']} only repeats its label. Say more, or remove it."


def d018_labels_are_in_title_case(app: App) -> Iterator[str]:
    """Check that the labels and nouns of steps are in title case. Words in `SMALL` may be in lower case."""
    for path, step in app.steps("triggers", "creates", "searches", "searchOrCreates"):
        for text in (step["display"]["label"], step.get("noun", "")):
            for index, word in enumerate(text.split()):
                if word[0].islower() and (index == 0 or word not in SMALL):
                    yield f"{path} is called {text!r}, which is not in Title Case. Capitalize its words."
                    break


def d021_triggers_are_described_by_when(app: App) -> Iterator[str]:
    """Check that the description of each trigger is a sentence that begins with `Triggers when`."""
    for path, step in app.steps("triggers"):
        if not re.fullmatch(r"Triggers when .*\w\.", step["display"]["description"]):
            text = step["display"]["description"]
            yield f"The description of {path} is {text!r}. Write a sentence like 'Triggers when ….'."


def d025_no_text_runs_code(app: App) -> Iterator[str]:
    """Check that descriptions, help text and samples contain no URL that could run code or read files."""
    samples = ((path, str(step["operation"].get("sample"))) for path, step in app.steps())
    for path, text in (*_texts(app), *samples):
        for scheme in DANGEROUS.findall(text):
            yield f"{path} contains an address that begins with {scheme} and may run code. Remove it."


def h005_actions_are_described_by_what_they_do(app: App) -> Iterator[str]:
    """Check that the description of each action or search is a sentence that begins with a verb.

    The description of an action must begin with a verb such as `Creates`, and that of a search with `Finds`.
    """
    for kind, beginning in BEGINNINGS.items():
        for path, step in app.steps(kind):
            if not re.fullmatch(rf"{beginning}.*\w\.", step["display"]["description"]):
                text = step["display"]["description"]
                yield f"The description of {path} is {text!r}. Write a sentence like 'Creates a ….'."


def h006_texts_have_a_good_length(app: App) -> Iterator[str]:
    """Check the length of each step's label and description, and that neither names Zapier or the service."""
    for path, step in app.steps("triggers", "creates", "searches", "searchOrCreates"):
        label, description = step["display"]["label"], step["display"]["description"]
        if len(label) > LABEL_LIMIT:
            yield f"The label of {path} has more than {LABEL_LIMIT} characters. Shorten it."
        if len(description) not in DESCRIPTION:
            bounds = f"{DESCRIPTION.start} to {DESCRIPTION.stop - 1}"
            yield f"The description of {path} has {len(description)} characters. Use {bounds}."
        if re.search(r"zapier", f"{label} {description}", re.IGNORECASE):
            yield f"The label or description of {path} mentions Zapier. Describe the service instead."
        if (name := _name(app)) and name.lower() in f"{label} {description}".lower():
            yield f"The label or description of {path} names {name}, which users know. Leave it out."


def h007_fields_are_labelled(app: App) -> Iterator[str]:
    """Check the labels of input and output fields.

    A label must begin with a capital letter and differ from the field's key. It must not repeat a word, not
    even as a plural, as `Items Item ID` does.
    """
    for path, step in app.steps():
        for kind in ("inputFields", "outputFields"):
            for one in fields(step, kind):
                for field in (one, *one.get("children", ())):
                    label = field.get("label", "")
                    bad = not label or label[0].islower() or label == field["key"]
                    if bad or STUTTER.search(label):
                        yield f"In the {kind} of {path}, {field['key']} has the label {label!r}. Correct it."


def h008_labels_are_distinct(app: App) -> Iterator[str]:
    """Check that no two triggers have the same label, nor two create actions, nor two searches."""
    for kind in ("triggers", "creates", "searches"):
        labels = [step["display"]["label"] for _, step in app.steps(kind)]
        for label in sorted({label for label in labels if labels.count(label) > 1}):
            yield f"Two {kind} are called {label!r}. Rename one."


def h012_action_labels_begin_with_a_verb(app: App) -> Iterator[str]:
    """Check that the label of each action or search begins with a verb, as in `Create Note`."""
    for kind, verbs in VERBS.items():
        for path, step in app.steps(kind):
            label = step["display"]["label"]
            if not re.match(rf"(?:{verbs})\b", label):
                yield f"{path} is called {label!r}. Begin the label with {verbs.replace('|', ', ')}."


def h013_choices_read_like_words(app: App) -> Iterator[str]:
    """Check that the labels of choices are readable, as in `In Transit` instead of `IN_TRANSIT`."""
    for path, field in app.inputs():
        for label in _choice_labels(field.get("choices", ())):
            if not label or "_" in label or label[0].islower() or SHOUT.search(label):
                yield f"{path} has the choice {label!r}. Give it a label like 'In Transit'."


def h017_fields_have_different_labels(app: App) -> Iterator[str]:
    """Check that no two inputs of a step have the same label, and that no two output fields do."""
    for path, step in app.steps():
        for kind in ("inputFields", "outputFields"):
            labels = [str(one["label"]) for one in fields(step, kind) if one.get("label")]
            for label in sorted({one for one in labels if labels.count(one) > 1}):
                yield f"Two {kind} of {path} are labelled {label!r}. Rename one."


def h018_no_trigger_is_for_any_update(app: App) -> Iterator[str]:
    """Check that no trigger fires for updates of any kind; users want one kind, such as `Return Received`."""
    for path, step in app.steps("triggers"):
        if re.search(r"\bUpdated?\b(?! \w+ Status)", step["display"]["label"]):
            yield f"{path} fires for any update. Replace it by triggers for the updates that users want."


def _name(app: App) -> str:
    """Return the name of the service, with which the description of the app begins."""
    text = str(json.loads(app.files.get("package.json", "{}")).get("description", ""))
    return text.partition(" is ")[0] if " is " in text else ""


def _choice_labels(choices: Any) -> Iterator[str]:
    """Yield the labels of a field's `choices`.

    Zapier allows three formats: an object that contains labels keyed by value, a list of values, which are
    also the labels, or a list of objects with a `label`.
    """
    if isinstance(choices, dict):
        yield from choices.values() if "perform" not in choices else ()
    else:
        yield from (one.get("label", "") if isinstance(one, dict) else str(one) for one in choices)


def _texts(app: App) -> Iterator[tuple[str, str]]:
    for path, step in app.steps("triggers", "creates", "searches", "searchOrCreates"):
        yield path, step["display"]["description"]
    for path, field in app.inputs():
        yield path, field.get("helpText", "")
    for field in app.login_fields():
        yield f"authentication.{field['key']}", field.get("helpText", "")
