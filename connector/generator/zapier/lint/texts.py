"""Checks of what people read: labels, descriptions, help."""

import re
from collections.abc import Iterator
from typing import Any

from connector.generator.zapier.lint.app import App, fields

SMALL = {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}
LINK = re.compile(r"\[[^\[\]]+\]\((?P<target>[^()\s]*)\)")
QUOTED = re.compile(r"`[^`]*`")
DANGEROUS = re.compile(r"\b(?:javascript|vbscript|data|file|blob):(?=\S)", re.IGNORECASE)
STUTTER = re.compile(r"\b(\w+(?: \w+)*) \1\b")
SHOUT = re.compile(r"\b[A-Z]{4,}\b")
LABEL_LIMIT = 60
DESCRIPTION = range(15, 141)
BEGINNINGS = {"creates": r"[A-Z][a-z]+s ", "searches": r"Finds ", "searchOrCreates": r"Finds "}
VERBS = {
    "creates": "Add|Approve|Cancel|Create|Delete|Move|Receive|Record|Reject|Send|Set|Update",
    "searches": "Find|Get",
    "searchOrCreates": "Find or",
}


def d008_links_are_whole(app: App) -> Iterator[str]:
    """A link is `[text](https://…)`; an address that is none stands in backticks."""
    for path, text in _texts(app):
        targets = LINK.sub(lambda link: "" if link["target"].startswith("https://") else link[0], text)
        rest = QUOTED.sub("", targets)
        if re.search(r"https?://|\]\(|\[[^\]]*\(", rest):
            yield f"{path} has a link that is none: {text!r}."


def d011_help_says_more_than_the_label(app: App) -> Iterator[str]:
    """Help that repeats the label helps nobody."""
    for path, field in (
        *app.inputs(),
        *((f"authentication.{one['key']}", one) for one in app.login_fields()),
    ):
        if field.get("helpText") and _plain(field["helpText"]) == _plain(field.get("label", "")):
            yield f"The help of {path} repeats its label."


def d018_labels_are_in_title_case(app: App) -> Iterator[str]:
    """Labels and nouns of steps: each word with a capital, small words inside excepted."""
    for path, step in app.steps("triggers", "creates", "searches", "searchOrCreates"):
        for text in (step["display"]["label"], step.get("noun", "")):
            for index, word in enumerate(text.split()):
                if word[0].islower() and (index == 0 or word not in SMALL):
                    yield f"{path} is called {text!r}, which is not in Title Case."
                    break


def d021_triggers_are_described_by_when(app: App) -> Iterator[str]:
    """Zapier asks for `Triggers when … .` and for nothing else."""
    for path, step in app.steps("triggers"):
        if not re.fullmatch(r"Triggers when .*\w\.", step["display"]["description"]):
            yield f"{path} is described as {step['display']['description']!r}."


def d025_no_text_runs_code(app: App) -> Iterator[str]:
    """Addresses that a browser would run or read files by have no place in texts and samples."""
    samples = ((path, str(step["operation"].get("sample"))) for path, step in app.steps())
    for path, text in (*_texts(app), *samples):
        for found in DANGEROUS.findall(text):
            yield f"{path} has an address that begins with {found} and may run code."


def h005_actions_are_described_by_what_they_do(app: App) -> Iterator[str]:
    """By a verb: `Creates a new x.`, `Finds an x by y.`, each a whole sentence."""
    for kind, beginning in BEGINNINGS.items():
        for path, step in app.steps(kind):
            if not re.fullmatch(rf"{beginning}.*\w\.", step["display"]["description"]):
                yield f"{path} is described as {step['display']['description']!r}."


def h006_texts_have_a_good_length(app: App) -> Iterator[str]:
    """Labels fit a menu, descriptions are one sentence."""
    for path, step in app.steps("triggers", "creates", "searches", "searchOrCreates"):
        label, description = step["display"]["label"], step["display"]["description"]
        if len(label) > LABEL_LIMIT:
            yield f"The label of {path} has more than {LABEL_LIMIT} characters."
        if len(description) not in DESCRIPTION:
            bounds = f"{DESCRIPTION.start} to {DESCRIPTION.stop - 1}"
            yield f"The description of {path} has {len(description)} characters; {bounds} are read."
        if re.search(r"zapier", f"{label} {description}", re.IGNORECASE):
            yield f"{path} speaks of Zapier; speak of the service."


def h007_fields_are_labelled(app: App) -> Iterator[str]:
    """Every input and every output has a label of its own, with a capital, that says nothing twice."""
    for path, step in app.steps():
        for kind in ("inputFields", "outputFields"):
            for one in fields(step, kind):
                for field in (one, *one.get("children", ())):
                    label = field.get("label", "")
                    bad = not label or label[0].islower() or label == field["key"]
                    if bad or STUTTER.search(label):
                        yield f"{path}.{field['key']} is labelled {label!r} among its {kind}."


def h008_labels_are_distinct(app: App) -> Iterator[str]:
    """Two steps of a kind under one label cannot be told apart in a menu."""
    for kind in ("triggers", "creates", "searches"):
        labels = [step["display"]["label"] for _, step in app.steps(kind)]
        for label in sorted({label for label in labels if labels.count(label) > 1}):
            yield f"Two {kind} are called {label!r}."


def h012_actions_are_called_by_a_verb(app: App) -> Iterator[str]:
    """`Find Return`, `Create Note`: in a menu of steps a noun alone does not say what would be done."""
    for kind, verbs in VERBS.items():
        for path, step in app.steps(kind):
            label = step["display"]["label"]
            if not re.match(rf"(?:{verbs})\b", label):
                yield f"{path} is called {label!r}, which does not begin with {verbs.replace('|', ' or ')}."


def h013_choices_read_like_words(app: App) -> Iterator[str]:
    """`In Transit`, not `IN_TRANSIT`: the value is the vendor's, the label is for people."""
    for path, field in app.inputs():
        for label in _choices(field.get("choices", ())):
            if not label or "_" in label or label[0].islower() or SHOUT.search(label):
                yield f"{path} offers {label!r}."


def _choices(choices: Any) -> Iterator[str]:
    """Zapier takes an object of labels, a list of values, or a list of objects."""
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


def _plain(text: str) -> str:
    words = re.findall(r"\w+", text.lower())
    return " ".join(word for word in words if word not in {"the", "your", "a", "an", "this"})
