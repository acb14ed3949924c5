"""Checks help texts, groups of modules, duplicate labels, and triggers and outputs that users do not want."""

import re
from collections.abc import Iterator

from connector.generator.helps import repeats
from connector.generator.make.lint.app import App, Json
from connector.generator.make.lint.references import every
from connector.generator.make.order import rank

PAGE = re.compile(r"\[[^\]]+\]\(https://[^)/\s]+/[^)\s]+\)")
KINDS = frozenset({"actions", "searches", "triggers", "instant triggers"})
"""Labels that a group must not have: users look for a kind of record, not for a kind of module."""
UPDATED = re.compile(r"\bupdated? (?!.*\bstatus)", re.IGNORECASE)
BANK = re.compile(r"\biban|bank_?account|bank account", re.IGNORECASE)


def m043_help_says_more_than_the_label(app: App) -> Iterator[str]:
    """Check that no help text merely repeats its field's label, or the module's label or description."""
    for one in app.components("connection", "module"):
        about = f"{one.entry.get('label', '')} {one.entry.get('description', '')}"
        for field in every(one.parameters):
            if repeats(str(field.get("help", "")), str(field.get("label", "")), about):
                yield f"In {one.name}, the help of {field['name']} only repeats its label. Say more."


def m044_keys_come_with_a_link(app: App) -> Iterator[str]:
    """Check that each password field's help text links to a page that explains where to find the value."""
    for one in app.components("connection"):
        for field in every(one.parameters):
            if field["type"] == "password" and not PAGE.search(str(field.get("help", ""))):
                yield f"In {one.name}, the help of {field['name']} has no link to where to find it. Add it."


def m045_groups_follow_records(app: App) -> Iterator[str]:
    """Check that modules are grouped by kind of record, and that each group is in the order of `rank`."""
    modules = {one.id: one for one in app.modules()}
    for group in app.general("groups"):
        if str(group["label"]).lower() in KINDS:
            yield f"The group {group['label']!r} is about a kind of module. Group the modules by record."
        known = [modules[name] for name in group["modules"] if name in modules]
        ranks = [rank(one.type, one.entry.get("actionCrud")) for one in known]
        if ranks != sorted(ranks):
            yield (
                f"The modules of the group {group['label']!r} are out of order. "
                "Put triggers first, then read, create, update and delete."
            )


def m046_fields_have_different_labels(app: App) -> Iterator[str]:
    """Check that no two fields at the same level of a form have the same label."""
    for one in app.components("connection", "module"):
        for code in ("staticParams", "mappableParams", "params", "interface"):
            for label in _repeated(one.code.get(code) or []):
                yield f"In {one.name} {code}, two fields are labelled {label!r}. Rename one."


def _repeated(form: list[Json]) -> Iterator[str]:
    labels = [str(field.get("label", "")) for field in form]
    yield from sorted({label for label in labels if label and labels.count(label) > 1})
    for field in form:
        if isinstance(field.get("spec"), list):
            yield from _repeated(field["spec"])


def m047_no_trigger_is_for_any_update(app: App) -> Iterator[str]:
    """Check that no trigger fires for updates of any kind; users want one kind, such as received returns."""
    for one in app.modules("trigger", "instant_trigger"):
        if UPDATED.search(str(one.entry.get("label", ""))):
            yield f"{one.name} fires for any update. Replace it by triggers for the updates that users want."


def m048_no_bank_account_is_an_output(app: App) -> Iterator[str]:
    """Check that no output field is a bank account."""
    for one in app.modules():
        for field in every(one.code.get("interface") or []):
            if BANK.search(f"{field['name']} {field.get('label', '')}"):
                yield f"{one.name} returns {field['name']}, a bank account. Leave it out."
