"""Checks of static samples, which users see and map before a step has run."""

from collections.abc import Iterator

from connector.generator.zapier.lint import records
from connector.generator.zapier.lint.app import App, fields


def d010_samples_have_primary_keys(app: App) -> Iterator[str]:
    """The sample of a polling trigger has every primary field, by which Zapier identifies records."""
    for path, step in app.steps("triggers"):
        if step["operation"].get("type") != "hook":
            for key in records.missing_primary(
                fields(step, "outputFields"), step["operation"].get("sample") or {}
            ):
                yield f"The sample of {path} does not have the primary field {key}. Add it."


def d012_steps_have_samples(app: App) -> Iterator[str]:
    """Every step has a sample."""
    for path, step in app.steps():
        sample = step["operation"].get("sample")
        if not isinstance(sample, dict) or not sample:
            yield f"{path} has no sample. Add a typical record."


def d023_sample_times_carry_a_zone(app: App) -> Iterator[str]:
    """Times in samples have a zone, as in `2026-10-31T09:30:00Z`."""
    for path, step in app.steps():
        for problem in records.mistimed(fields(step, "outputFields"), step["operation"].get("sample")):
            yield f"In the sample of {path}, {problem}. Use ISO 8601 with a zone."


def d024_samples_agree_with_the_fields(app: App) -> Iterator[str]:
    """The values of a sample have the types of their output fields, and required ones are present."""
    for path, step in app.steps():
        for problem in records.mistyped(fields(step, "outputFields"), step["operation"].get("sample")):
            yield f"In the sample of {path}, {problem}. Correct the sample or the field."


def h009_samples_have_output_fields(app: App) -> Iterator[str]:
    """Every value of a sample has an output field."""
    for path, step in app.steps():
        for key in records.undeclared(fields(step, "outputFields"), step["operation"].get("sample") or {}):
            yield f"The sample of {path} contains {key}, which has no output field. Add one."
