"""Lint checks for static samples: the example records that users see and map while they set up a step."""

import re
from collections.abc import Iterator

from connector.generator.zapier.lint import records
from connector.generator.zapier.lint.app import App, fields

BANK = re.compile(r"\b(?:\w+_)?iban\b|bank_?account|bank account", re.IGNORECASE)
FLAG = re.compile(r"(is|has)(_|(?=[A-Z]))")


def d010_samples_have_primary_keys(app: App) -> Iterator[str]:
    """Check that each polling trigger's sample contains the fields by which Zapier identifies a record."""
    for path, step in app.steps("triggers"):
        if step["operation"].get("type") != "hook":
            for key in records.missing_primary(
                fields(step, "outputFields"), step["operation"].get("sample") or {}
            ):
                yield f"The sample of {path} does not have the primary field {key}. Add it."


def d012_steps_have_samples(app: App) -> Iterator[str]:
    """Check that each step has a static sample that is not empty."""
    for path, step in app.steps():
        sample = step["operation"].get("sample")
        if not isinstance(sample, dict) or not sample:
            yield f"{path} has no sample. Add a typical record."


def d023_sample_times_carry_a_zone(app: App) -> Iterator[str]:
    """Check that times in samples have a time zone, as in `2026-10-31T09:30:00Z`."""
    for path, step in app.steps():
        for problem in records.mistimed(fields(step, "outputFields"), step["operation"].get("sample")):
            yield f"In the sample of {path}, {problem}. Use ISO 8601 with a zone."


def d024_samples_agree_with_the_fields(app: App) -> Iterator[str]:
    """Check that each value in a sample has its output field's type, and no required value is missing."""
    for path, step in app.steps():
        for problem in records.mistyped(fields(step, "outputFields"), step["operation"].get("sample")):
            yield f"In the sample of {path}, {problem}. Correct the sample or the field."


def h019_no_bank_account_is_an_output(app: App) -> Iterator[str]:
    """Check that no output field or sample is a bank account, which users must ask for explicitly."""
    for path, step in app.steps():
        names = [f"{one['key']} {one.get('label', '')}" for one in fields(step, "outputFields")]
        for name in (*names, *(key for key, _ in records.leaves(step["operation"].get("sample") or {}))):
            if BANK.search(name):
                yield f"{path} returns {name.split()[0]}, a bank account. Leave it out."


def h020_flags_are_booleans(app: App) -> Iterator[str]:
    """Check that a field that answers a yes-or-no question is a boolean, not a number or a text."""
    for path, step in app.steps():
        for one in fields(step, "outputFields"):
            found = records.values(step["operation"].get("sample"), one["key"])
            if one.get("type") != "boolean" and (
                FLAG.match(re.split(r"__|\[\]", one["key"])[-1]) or {"true", "false"} & set(map(str, found))
            ):
                yield f"{one['key']} of {path} means yes or no. Give it the type boolean, and convert values."


def h009_samples_have_output_fields(app: App) -> Iterator[str]:
    """Check that there is an output field for each value in a sample."""
    for path, step in app.steps():
        for key in records.undeclared(fields(step, "outputFields"), step["operation"].get("sample") or {}):
            yield f"The sample of {path} contains {key}, which has no output field. Add one."
