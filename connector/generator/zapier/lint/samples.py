"""Lint checks for static samples: the example records that users see and map while they set up a step."""

from collections.abc import Iterator

from connector.generator.zapier.lint import records
from connector.generator.zapier.lint.app import App, fields


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


def h009_samples_have_output_fields(app: App) -> Iterator[str]:
    """Check that there is an output field for each value in a sample."""
    for path, step in app.steps():
        for key in records.undeclared(fields(step, "outputFields"), step["operation"].get("sample") or {}):
            yield f"The sample of {path} contains {key}, which has no output field. Add one."
