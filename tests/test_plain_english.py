"""The check of phrases that plain English avoids: what it finds, where, and what passes."""

import subprocess
import sys
from pathlib import Path

import pytest
from plain_english import ADVICE, EXEMPTION, PLACES, ROOT, files, findings

EXAMPLES = [
    "A record tells of its status.",
    "It was telling of a change.",
    "The date when there is none.",
    "Read the list anew.",
    "Nobody reads it.",
    "It works by X, no more by Y.",
    "The last page and no more.",
    "What is offered of it.",
    "What of them is known.",
    "Gives the id.",
    "Rows behind newer ones.",
    "Rows that lie behind.",
    "Vendors of whom it is assumed.",
    "The wish of a caller.",
    "It knows no vendor.",
    "What is to be read.",
    "It stands in the file.",
    "An error comes of that.",
    "The newest so many.",
    "Said in its own words.",
    "How one logs in.",
    "Text, whatever it holds.",
    "Not sent blindly.",
    "Mails and the like.",
    "Ruff mends it.",
    "That it may end.",
    "What it makes of it.",
    "The lacking fields.",
    "Made such that it ends.",
    "The change is told.",
    "Told once each.",
    "It serialises a record.",
]


def lines(path: str, text: str) -> list[int]:
    return [finding.line for finding in findings(path, text)]


@pytest.mark.parametrize("sentence", EXAMPLES)
def test_phrase_is_found(sentence: str) -> None:
    assert lines("a.md", f"First line.\n{sentence}\n") == [2]


def test_every_phrase_has_an_example() -> None:
    advice = {finding.advice for finding in findings("a.md", "\n".join(EXAMPLES))}
    assert advice == set(ADVICE.values())


@pytest.mark.parametrize(
    "sentence",
    [
        "Return None if `x is None`.",
        "If the value is None, stop.",
        "The command gives up after 30 seconds.",
        "Write to nobody@example.com.",
        "Enter 0 if there is none.",
        "Records are told apart by their ids.",
        "Requests seem to lie in the future.",
        "How one sandbox runs.",
        "Return the name of the field `told of`.",
        "The sandbox runs behind a tunnel.",
        "Send the amendment.",
    ],
)
def test_plain_sentence_passes(sentence: str) -> None:
    assert findings("a.md", sentence) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ('"""Return the name.\n\nThere is none.\n"""\n', [3]),
        ("x = 1  # read anew\n", [1]),
        ("# what is\n# known of it\n", [1]),
        ('raise ValueError("it tells "\n    f"of {name}")\n', [1]),
        ("def test_what_nobody_reads() -> None:\n    pass\n", [1]),
        ("def test_unknown_row_is_none() -> None:\n    pass\n", []),
        ("def test_wrong_key(key: str = 'nobody') -> None:\n    pass\n", []),
        ("nobody = anew\nif nobody is None:\n    gives = whatever\n", []),
        ("def read_anew() -> None:\n    pass\n", []),
    ],
)
def test_python_is_read_in_comments_strings_and_names_of_tests(text: str, numbers: list[int]) -> None:
    assert lines("a.py", text) == numbers


@pytest.mark.parametrize(
    ("path", "text", "numbers"),
    [
        ("a.js", "const anew = whatever;\n// Read anew.\nthrow new Error(`nobody reads ${told}`);\n", [2, 3]),
        ("a.js.jinja", "/**\n * Read anew.\n */\nconst gives = '{{ anew }}';\n", [2, 4]),
        ("a.yaml", "description: Nobody knows.\n# Read anew.\n", [1, 2]),
        ("a.html", "<p>There is none.</p>\n", [1]),
    ],
)
def test_other_files_are_read(path: str, text: str, numbers: list[int]) -> None:
    assert lines(path, text) == numbers


@pytest.mark.parametrize(
    ("path", "text", "numbers"),
    [
        ("a.py", f'"""Read anew."""  # {EXEMPTION}\n\n# Read anew.\n', [3]),
        ("a.yaml", f"# {EXEMPTION}\ndescription: Nobody knows.\ntitle: Nobody does.\n", [3]),
        ("a.md", f"<!-- {EXEMPTION} -->\nNobody knows.\nNobody does.\n", [3]),
    ],
)
def test_exemption_holds_for_its_line_and_the_next(path: str, text: str, numbers: list[int]) -> None:
    assert lines(path, text) == numbers


def test_report_names_file_line_and_advice() -> None:
    (finding,) = findings("docs/a.md", "One.\nRead it anew.\n")
    assert str(finding) == "docs/a.md:2: 'anew': write 'again', 'start over' or 'new'"


def test_every_place_has_files() -> None:
    empty = [place for place in PLACES if not any(ROOT.glob(place))]
    assert empty == []
    assert Path(__file__) not in set(files())


def test_script_reports_and_fails_where_a_phrase_is_left(tmp_path: Path) -> None:
    script = (ROOT / "tests" / "plain_english.py").read_text("utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "plain_english.py").write_text(script, "utf-8")
    run = [sys.executable, str(tmp_path / "tests" / "plain_english.py")]
    (tmp_path / "README.md").write_text("Nobody knows.\n", "utf-8")
    failed = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stdout[:12]) == (1, "README.md:1:")
    (tmp_path / "README.md").write_text("No user knows.\n", "utf-8")
    assert subprocess.run(run, capture_output=True, text=True, check=False).returncode == 0
