"""Renders a report as text, JSON, JUnit XML and HTML."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from functools import partial
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from connector.verify.report import TITLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.definition.model import Provenance
    from connector.verify.report import Confirmed, Difference, Report

PROVENANCES: tuple[Provenance, ...] = ("documented", "observed", "assumed")
PARTS = {"operation": "operations", "parameter": "parameters", "input": "inputs", "field": "fields"}


def sentence(difference: Difference) -> str:
    """Describe a difference in one line, such as `list_rmas: rmas[].portal: text (…)`.

    The line does not include the heading of the difference's kind.
    """
    operation = difference.operation
    if difference.kind in ("other_error", "undocumented_status", "other_media_type"):
        operation = f"{operation}, status {difference.status}"
    place = f"{difference.place}: " if difference.place else ""
    verb = "missing in" if difference.kind == "missing_field" else "in"
    count = f", {verb} {difference.seen} of {difference.of}" if difference.of > 1 else ""
    source = f"its object is {difference.provenance}" if difference.kind == "undocumented_field" else ""
    return f"{operation}: {place}{difference.detail}{count} ({source or f'refutes: {difference.provenance}'})"


def heading(report: Report) -> str:
    """Return the report's first line: the vendor, the profile, and the numbers of requests and operations."""
    about = f"{report.title}, profile {report.profile}" if report.profile else report.title
    count = len(report.compared)
    return (
        f"{about}: {report.calls} of at most {report.limit} call{_s(report.limit)}, "
        f"{count} operation{_s(count)} compared."
    )


def verdict(report: Report) -> str:
    """Summarize the result in one sentence, which states the number of differences."""
    count = len(report.differences)
    if count:
        return f"{count} difference{_s(count)} from the specification."
    if not report.compared:
        return "Nothing could be compared."
    return "No difference from the specification."


def totals(report: Report) -> list[str]:
    """Return lines that state how many operations, parameters, inputs and fields are confirmed.

    Each line also states how many of them are documented, observed and assumed in the specification. There is
    no line for a kind of part that is not confirmed at all.
    """
    lines = []
    for part, name in PARTS.items():
        counts = Counter(one.provenance for one in report.confirmed if one.part == part)
        if counts:
            shares = ", ".join(f"{counts[one]} {one}" for one in PROVENANCES if counts[one])
            lines.append(f"{counts.total()} {name}: {shares}")
    return lines


def newly_known(report: Report) -> dict[str, list[str]]:
    """Return the parts of each operation that were assumed and that this account confirms.

    The result is keyed by operation. Fields are summarized as a count, such as `3 fields`.
    """
    assumed = [one for one in report.confirmed if one.provenance == "assumed"]
    known: dict[str, list[str]] = {}
    for operation, parts in groupby(assumed, key=lambda one: one.operation):
        found = list(parts)
        fields = sum(one.part == "field" for one in found)
        others = [_part(one) for one in found if one.part != "field"]
        known[operation] = [*others, *([f"{fields} field{_s(fields)}"] if fields else [])]
    return known


def as_text(report: Report, width: int = 80) -> str:
    """Render a report for a terminal that is `width` characters wide."""
    entry = partial(_wrapped, width=width)
    lines = [heading(report), verdict(report)]
    for kind, found in groupby(report.differences, key=lambda one: one.kind):
        lines += ["", TITLES[kind], *(line for one in found for line in entry(sentence(one)))]
    if report.confirmed:
        lines += ["", "Confirmed", *(line for one in totals(report) for line in entry(one))]
        for operation, parts in newly_known(report).items():
            lines += entry(f"assumed until now: {operation}, {', '.join(parts)}")
    if report.skipped:
        lines += ["", "Not compared"]
        lines += [line for one in report.skipped for line in entry(f"{one.operation}: {one.reason}")]
    if report.notes:
        lines += ["", "Notes", *(line for note in report.notes for line in entry(note))]
    if report.stopped:
        lines += ["", report.stopped]
    return "\n".join(lines)


def as_data(report: Report) -> dict[str, Any]:
    """Render a report as a JSON object."""
    return asdict(report)


def as_junit(report: Report) -> str:
    """Render a report as JUnit XML: a test case per operation, which fails if it has differences."""
    suites = ET.Element("testsuites")
    suite = ET.SubElement(suites, "testsuite", name=f"returns verify {report.vendor}")
    by_operation: dict[str, list[Difference]] = {name: [] for name in report.compared}
    for one in report.differences:
        by_operation.setdefault(one.operation, []).append(one)
    for name, differences in by_operation.items():
        case = ET.SubElement(suite, "testcase", classname=report.vendor, name=name)
        if differences:
            count = len(differences)
            failure = ET.SubElement(case, "failure", message=f"{count} difference{_s(count)}")
            failure.text = "\n".join(f"{TITLES[one.kind]}: {sentence(one)}" for one in differences)
    for skipped in report.skipped:
        if skipped.operation not in by_operation:
            case = ET.SubElement(suite, "testcase", classname=report.vendor, name=skipped.operation)
            ET.SubElement(case, "skipped", message=skipped.reason)
    if report.stopped:
        case = ET.SubElement(suite, "testcase", classname=report.vendor, name="complete")
        ET.SubElement(case, "error", message=report.stopped)
    for name in ("failure", "error", "skipped"):
        plural = name if name == "skipped" else f"{name}s"
        suite.set(plural, str(len(suite.findall(f"testcase/{name}"))))
    suite.set("tests", str(len(suite)))
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=False)


def as_html(report: Report) -> str:
    """Render a report as one HTML page without external files."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("connector.verify"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    groups = [
        (TITLES[kind], [sentence(one) for one in found])
        for kind, found in groupby(report.differences, key=lambda one: one.kind)
    ]
    confirmed = {
        operation: [(_part(one), one.provenance) for one in parts]
        for operation, parts in groupby(report.confirmed, key=lambda one: one.operation)
    }
    return environment.get_template("report.html.jinja").render(
        report=report,
        heading=heading(report),
        verdict=verdict(report),
        groups=groups,
        totals=totals(report),
        confirmed=confirmed,
    )


def _part(confirmed: Confirmed) -> str:
    if confirmed.part == "operation":
        return "the operation itself"
    return confirmed.place if confirmed.part == "field" else f"{confirmed.part} {confirmed.place}"


def _wrapped(text: str, width: int) -> Iterator[str]:
    yield from wrap(
        text,
        width,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _s(count: int) -> str:
    return "" if count == 1 else "s"
