"""Converts a report to JSON and to JUnit XML."""

from typing import Any
from xml.etree import ElementTree as ET

from mock_server.receiver_check.results import NOTES, Finding, Report, Verdict


def as_json(report: Report, *, strict: bool) -> dict[str, Any]:
    """Build the JSON of a report; `passed` is False if `Report.fails` returns True."""
    return {
        "address": report.address,
        "vendor": report.vendor,
        "passed": not report.fails(strict=strict),
        "counts": {verdict.value: count for verdict, count in report.counts.items()},
        "findings": [
            {
                "id": finding.id,
                "question": finding.question,
                "verdict": finding.verdict.value,
                "sentence": finding.sentence,
                "advice": finding.advice or None,
                "requests": finding.requests,
                "milliseconds": finding.milliseconds,
            }
            for finding in report.findings
        ],
        "not_judged": list(NOTES),
    }


def as_junit(report: Report, *, strict: bool) -> bytes:
    """Build JUnit XML with a test case for each finding; a warning is a failure only if `strict` is True."""
    bad = {Verdict.failed, Verdict.warned} if strict else {Verdict.failed}
    failures = sum(finding.verdict in bad for finding in report.findings)
    suite = ET.Element(
        "testsuite",
        name=f"receiver check of {report.address}",
        tests=str(len(report.findings)),
        failures=str(failures),
        errors="0",
        skipped=str(report.counts[Verdict.skipped]),
        time=_seconds(sum(finding.milliseconds for finding in report.findings)),
    )
    for finding in report.findings:
        suite.append(_case(report, finding, failed=finding.verdict in bad))
    document: bytes = ET.tostring(suite, encoding="utf-8", xml_declaration=True)
    return document


def _case(report: Report, finding: Finding, *, failed: bool) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=f"receiver.{report.vendor}.{finding.id.partition('.')[0]}",
        name=f"{finding.id}: {finding.question}",
        time=_seconds(finding.milliseconds),
    )
    text = f"{finding.sentence} {finding.advice}".strip()
    if failed:
        ET.SubElement(case, "failure", message=finding.sentence).text = text
    elif finding.verdict is Verdict.skipped:
        ET.SubElement(case, "skipped", message=finding.sentence)
    else:
        ET.SubElement(case, "system-out").text = f"{finding.verdict}: {text}"
    return case


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1_000:.3f}"
