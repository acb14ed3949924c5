"""The contract report, from invented rows: nothing is hidden, and failures cannot be missed."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.each import each
from support.report_data import Row, record

import openapi
from connector.definition.compiler import integration
from connector.definition.fidelity import shares
from report import __main__ as command
from report.coverage import coverage
from report.page import MOST_FAILURES, render
from report.parts import MOST_COLUMNS, PARTS, Part, cell, part, read

if TYPE_CHECKING:
    import pytest

TESTS = Path(__file__).parents[1]
VENDOR = openapi.vendors()[0]
ABOUT = {about.id: about for about in PARTS}
OPERATIONS = list(integration(VENDOR).operations)


def parts(**rows: list[Row]) -> list[Part]:
    return [part(about, rows.get(about.id, [])) for about in PARTS]


def page(**rows: list[Row]) -> str:
    return render(parts(**rows), "v1.2.3")


def text(html: str) -> str:
    """Return the visible words of a page."""
    visible = re.sub(r"<(style|script)\b.*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", visible).split())


def cases(html: str) -> dict[str, dict[str, dict[str, list[list[object]]]]]:
    found = re.search(r'<script type="application/json" id="cases">(.*?)</script>', html, re.DOTALL)
    assert found
    read_cases: dict[str, dict[str, dict[str, list[list[object]]]]] = json.loads(found[1])
    return read_cases


def held(name: str, case: str = "200") -> Row:
    return Row(VENDOR, name, case, "held")


def test_page_needs_no_other_file() -> None:
    html = page(responses=[held("list_returns")])
    assert re.findall(r"(?:src|href)=[\"'](?!#)|url\(|@import|<link", html) == []


def test_every_case_is_in_the_page() -> None:
    places = [(n, m) for n in range(9) for m in range(7)]
    rows = [
        Row(VENDOR, f"operation_{name}", f"case {case}", "held", f"detail {name}") for name, case in places
    ]
    found = cases(page(requests=rows))["requests"][VENDOR]
    assert sum(map(len, found.values())) == len(rows)
    assert found["operation_3"][2] == ["case 2", 0, "detail 3"]


def test_failures_are_listed_first_and_marked_in_the_matrix() -> None:
    rows = [held("a", "200"), held("b", "200"), Row(VENDOR, "b", "404", "failed", "It hangs.")]
    html = page(responses=rows)
    assert "1 case failed" in text(html)
    assert text(html).index("It hangs.") < text(html).index("Coverage of both sides")
    assert f'<details data-vendor="{VENDOR}" class="bad" open>' in html
    lines = re.findall(r'<tr data-vendor="\w+" data-name="(\w)"( class="bad")?>', html)
    assert lines == [("b", ' class="bad"'), ("a", "")]
    assert "1 of 2 failed" in text(html)
    assert 'class="bad">Connector: responses (1 failed)' in html


def test_many_failures_are_counted_and_all_marked() -> None:
    rows = [Row(VENDOR, f"o{n}", "200", "failed") for n in range(MOST_FAILURES + 7)]
    html = page(responses=rows)
    assert f"{len(rows)} cases failed" in text(html)
    assert "7 more are marked in the matrices" in text(html)
    assert html.count('" class="bad"><td>') == len(rows)


def test_without_failures_the_page_says_so() -> None:
    rows = {about.id: [held("a")] for about in PARTS}
    html = page(**rows)
    assert "Nothing failed." in text(html)
    assert "did not run" not in text(html).lower()
    assert 'class="bad"' not in html
    assert '<p class="verdict">' in html


def test_parts_that_did_not_run_are_named() -> None:
    html = page(requests=[held("a")])
    others = [about.title for about in PARTS if about.id != "requests"]
    assert f"Nothing failed in the parts that ran. Did not run: {', '.join(others)}." in text(html)
    assert text(html).count("This part did not run.") == len(others)
    counts = f"{integration(VENDOR).vendor.title} 0 of {len(OPERATIONS)} did not run did not run 1"
    assert counts in text(html)


def test_texts_of_tests_cannot_break_the_page() -> None:
    nasty = "</script><script>alert(1)</script>"
    html = page(responses=[Row(VENDOR, nasty, nasty, "failed", nasty)])
    assert nasty not in html
    assert cases(html)["responses"][VENDOR][nasty] == [[nasty, 4, nasty]]


def test_cases_become_columns_if_they_are_few() -> None:
    rows = [held("a", f"check_{n}") for n in range(MOST_COLUMNS)]
    (matrix,) = part(ABOUT["sandbox"], rows).matrices
    assert len(matrix.columns) == MOST_COLUMNS
    assert [one.total for one in matrix.lines[0].cells] == [1] * MOST_COLUMNS


def test_many_cases_are_grouped_by_their_first_word() -> None:
    rows = [held("a", f"{status} variant {n}") for status in (200, 404) for n in range(30)]
    (matrix,) = part(ABOUT["responses"], rows).matrices
    assert matrix.columns == ["200", "404"]
    assert [one.total for one in matrix.lines[0].cells] == [30, 30]
    (counted,) = part(ABOUT["responses"], [held("a", f"case{n}") for n in range(99)]).matrices
    assert (list(counted.columns), counted.whole.total) == ([], 99)


def test_cell_shows_its_worst_result() -> None:
    rows = [held("a"), Row(VENDOR, "a", "200", "refused"), Row(VENDOR, "a", "200", "failed")]
    assert [cell(rows[:count]).worst for count in range(4)] == [None, "held", "refused", "failed"]


def test_coverage_counts_operations_of_both_sides() -> None:
    action = next(iter(integration(VENDOR).actions.values()))
    rows = {
        "requests": [
            held(f"action {action.key}"),
            held("no such operation"),
            *(Row(VENDOR, name, "use search", "not reachable") for name in OPERATIONS),
        ],
        "sandbox": [held(name) for name in OPERATIONS],
    }
    covered = next(one for one in coverage(parts(**rows)) if one.vendor == VENDOR).parts
    assert (covered["requests"].count, covered["requests"].total) == (1, len(OPERATIONS))
    assert action.operation not in covered["requests"].missing
    assert (covered["sandbox"].count, covered["sandbox"].missing) == (len(OPERATIONS), [])
    assert covered["responses"].count == 0
    missing = [name for name in OPERATIONS if name != action.operation]
    assert f"requests, not reached: {', '.join(missing)}." in text(page(**rows))


def test_self_consistency_is_no_fidelity() -> None:
    rows = [held("a", "x"), held("a", "y"), Row(VENDOR, "a", "z", "failed")]
    html = text(page(sandbox=rows))
    assert "the sandbox keeps its own specification in 2 of 3 checks" in html
    assert "and is no fidelity" in html
    title = integration(VENDOR).vendor.title
    counts = [
        sum(one[word] for one in shares(VENDOR).values()) for word in ("documented", "observed", "assumed")
    ]
    assert f"{title} {' '.join(f'{count:,}' for count in counts)}" in html.partition("Fidelity How much")[2]


def test_command_renders_what_was_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, output = tmp_path / "data", tmp_path / "deep" / "report.html"
    *others, last = PARTS
    for about in others:
        record(
            about.id, about.title, [Row(VENDOR, "exhibit", "held", "caught")], {"RETURNS_REPORT": str(data)}
        )
    words = ["--keep", "--data", str(data), "--output", str(output)]
    assert command.main(words) == 1
    said = f"{output}: {len(others)} cases, none failed.\nWithout a case: {last.title}.\n"
    assert capsys.readouterr().out == said
    record(last.id, last.title, [Row(VENDOR, "exhibit", "held", "held")], {"RETURNS_REPORT": str(data)})
    assert command.main(words) == 0
    assert capsys.readouterr().out == f"{output}: {len(PARTS)} cases, none failed.\n"
    assert "exhibit" in output.read_text("utf-8")
    record("museum", "Bug museum", [Row(VENDOR, "other", "held", "failed")], {"RETURNS_REPORT": str(data)})
    assert command.main(words) == 1
    assert [len(one.rows) for one in read(data) if one.about.id == "museum"] == [2]


def recorders() -> dict[Path, set[str]]:
    """Return the parts that each module of the tests records, except in tests of the report itself."""
    found: dict[Path, set[str]] = {}
    for path in TESTS.rglob("*.py"):
        if path.parent == Path(__file__).parent:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "record" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.setdefault(path, set()).add(first.value)
    return found


def test_everything_that_tests_record_is_in_the_report() -> None:
    for path, recorded in each(recorders().items()):
        assert recorded <= set(ABOUT), path


def test_report_runs_the_tests_that_record() -> None:
    places = [TESTS.parent / place for place in command.RECORDING]
    for path in each(path for path in recorders() if path.name.startswith("test_")):
        assert any(path == place or place in path.parents for place in places), path
