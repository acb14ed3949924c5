"""Checks of static samples: what people see and map before anything has happened."""

from collections.abc import Iterator

from connector.generator.zapier.lint import records
from connector.generator.zapier.lint.app import App, fields


def d010_samples_hold_the_identity(app: App) -> Iterator[str]:
    """Zapier tells polled records apart by their primary fields; a hook's it takes as they come."""
    for path, step in app.steps("triggers"):
        if step["operation"].get("type") != "hook":
            for key in records.unidentified(
                fields(step, "outputFields"), step["operation"].get("sample") or {}
            ):
                yield f"{path} is identified by {key}, which its sample lacks."


def d012_samples_are_there(app: App) -> Iterator[str]:
    """Every step shows a record before it has one."""
    for path, step in app.steps():
        sample = step["operation"].get("sample")
        if not isinstance(sample, dict) or not sample:
            yield f"{path} has no sample."


def d023_sample_times_carry_a_zone(app: App) -> Iterator[str]:
    """`2026-10-31T09:30:00Z`; a time without a zone is another one in every country."""
    for path, step in app.steps():
        for said in records.mistimed(fields(step, "outputFields"), step["operation"].get("sample")):
            yield f"In the sample of {path}, {said}."


def d024_samples_agree_with_the_fields(app: App) -> Iterator[str]:
    """Values have the types that the output fields state, and required ones are there."""
    for path, step in app.steps():
        for said in records.mistyped(fields(step, "outputFields"), step["operation"].get("sample")):
            yield f"In the sample of {path}, {said}."


def h009_samples_are_announced(app: App) -> Iterator[str]:
    """What a sample shows has an output field with a label and a type."""
    for path, step in app.steps():
        for key in records.unannounced(fields(step, "outputFields"), step["operation"].get("sample") or {}):
            yield f"The sample of {path} shows {key}, which no output field announces."
