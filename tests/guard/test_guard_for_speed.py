"""What the guard for speed reports as a fault; `make guard` itself counts instructions and takes a minute."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench import guard
from bench.baseline import Baseline, Entry, Machine, faults, notes, unexplained
from bench.callgrind import CannotCountError, count, measures
from bench.workload import MEASURES

HERE = Machine(python="3.11.7", architecture="x86_64", valgrind="3.19.0")


def baseline_with(machine: Machine = HERE, **measures: Entry) -> Baseline:
    return Baseline(machine, measures)


def test_count_may_exceed_the_baseline_by_ten_per_cent() -> None:
    baseline = baseline_with(create=Entry(1_000, "first"))
    for allowed in (1, 1_000, 1_090, 1_100):
        assert list(faults(baseline, {"create": allowed})) == []
    [fault] = faults(baseline, {"create": 1_110})
    assert "'create' takes 1,110 instructions, 11.0 % more than the 1,000" in fault
    assert "make guard-update" in fault
    assert len(list(faults(baseline, {"create": 1_101}))) == 1


def test_each_measure_is_compared_with_its_own_count() -> None:
    baseline = baseline_with(one=Entry(100, "first"), create=Entry(1_000, "first"))
    [fault] = faults(baseline, {"one": 111, "create": 1_000})
    assert "'one'" in fault


def test_measure_without_an_entry_is_a_fault() -> None:
    [fault] = faults(baseline_with(create=Entry(1_000, "first")), {"create": 1_000, "one": 5})
    assert "no entry for 'one'" in fault


def test_entry_without_a_measure_is_a_fault() -> None:
    [fault] = faults(baseline_with(create=Entry(1_000, "first"), gone=Entry(5, "first")), {"create": 1_000})
    assert "'gone', which is not measured" in fault


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_entry_without_a_reason_is_a_fault(reason: str) -> None:
    [fault] = unexplained(baseline_with(create=Entry(1_000, reason)), [])
    assert "'create' has no reason" in fault


@pytest.mark.parametrize("reason", ["first", " first "])
def test_higher_baseline_needs_a_new_reason(reason: str) -> None:
    before = baseline_with(create=Entry(1_000, "first"))
    [fault] = unexplained(baseline_with(create=Entry(1_001, reason)), [before])
    assert "grew from 1,000 to 1,001, but its reason is still 'first'" in fault
    assert list(unexplained(baseline_with(create=Entry(1_500, "checks totals")), [before])) == []
    assert list(unexplained(baseline_with(create=Entry(900, "first")), [before])) == []
    assert list(unexplained(before, [])) == []


def test_growth_without_a_reason_is_found_in_earlier_revisions() -> None:
    first = baseline_with(create=Entry(1_000, "first"), one=Entry(100, "first"))
    grown = baseline_with(create=Entry(2_000, "first"), one=Entry(100, "first"))
    other = baseline_with(create=Entry(2_000, "first"), one=Entry(200, "reads the links"))
    [fault] = unexplained(other, [other, grown, first])
    assert "count of 'create' grew from 1,000 to 2,000" in fault
    mended = baseline_with(create=Entry(2_000, "checks totals"), one=Entry(200, "reads the links"))
    assert list(unexplained(mended, [mended, other, grown, first])) == []


def test_update_writes_counts_that_changed_by_one_per_cent_or_more() -> None:
    before = baseline_with(create=Entry(1_000, "first"), one=Entry(1_000, "first"), gone=Entry(5, "first"))
    after = before.updated({"create": 1_011, "one": 1_010, "list": 7}, HERE, "checks totals")
    assert after.measures == {
        "create": Entry(1_011, "checks totals"),
        "one": Entry(1_000, "first"),
        "list": Entry(7, "checks totals"),
    }
    assert list(unexplained(after, [before])) == []


def test_update_on_another_python_writes_every_count() -> None:
    newer = Machine("3.12.1", "x86_64", "3.19.0")
    after = baseline_with(create=Entry(1_000, "first")).updated({"create": 1_001}, newer, "Python 3.12")
    assert after == baseline_with(newer, create=Entry(1_001, "Python 3.12"))


@pytest.mark.parametrize("reason", ["", " "])
def test_update_without_a_reason_is_refused(reason: str) -> None:
    with pytest.raises(ValueError, match="Give the reason for the change"):
        baseline_with().updated({"create": 5}, HERE, reason)


def test_other_python_or_architecture_is_noted_and_still_compared() -> None:
    baseline = baseline_with(create=Entry(1_000, "first"))
    [note] = notes(baseline, {"create": 1_000}, Machine("3.12.1", "x86_64", "3.19.0"))
    assert "come from Python 3.11.7. This is Python 3.12.1" in note
    [note] = notes(baseline, {"create": 1_000}, Machine("3.11.9", "aarch64", "3.22.0"))
    assert "an aarch64 machine" in note
    assert list(notes(baseline, {"create": 1_000}, Machine("3.11.9", "x86_64", "3.22.0"))) == []


def test_lower_count_is_noted() -> None:
    baseline = baseline_with(create=Entry(1_000, "first"))
    [note] = notes(baseline, {"create": 800}, HERE)
    assert "20.0 % fewer than the 1,000" in note
    assert list(notes(baseline, {"create": 900}, HERE)) == []


def test_committed_baseline_covers_every_measure() -> None:
    text = guard.BASELINE.read_text("utf-8")
    baseline = Baseline.parse(text)
    assert set(baseline.measures) == set(MEASURES)
    assert baseline.text() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"counted_on": {}, "measures": {}}',
        json.dumps({"counted_on": vars(HERE), "measures": {"one": 5}}),
        json.dumps({"counted_on": vars(HERE), "measures": {"one": {"count": 5}}}),
        json.dumps({"counted_on": vars(HERE), "measures": {"one": {"count": 0, "reason": "first"}}}),
        json.dumps({"counted_on": vars(HERE), "measures": {"one": {"count": 1.5, "reason": "first"}}}),
        json.dumps({"counted_on": vars(HERE), "measures": {"one": {"count": 5, "reason": None}}}),
    ],
)
def test_unreadable_baseline_is_reported_in_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^bench/instructions\.json"):
        Baseline.parse(text)


def test_dumps_are_matched_to_the_names_printed_by_the_workload(tmp_path: Path) -> None:
    for part, total in enumerate((17, 5_000, 30, 1_234), start=1):
        (tmp_path / f"callgrind.out.{part}").write_text(f"events: Ir\n{part} 9\ntotals: {total}\n")
    printed = '["", 1]\n["start", 1]\n["", 1]\n["create", 10]\n'
    assert measures(printed, tmp_path) == {"start": 5_000, "create": 123}
    with pytest.raises(CannotCountError, match=r"callgrind\.out\.5"):
        measures(printed + '["one", 1]\n', tmp_path)


def test_missing_valgrind_is_reported_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotCountError, match=r"^valgrind is missing: install it"):
        count()


def test_guard_fails_without_valgrind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert guard.main([]) == 1
    assert guard.main(["--update", "why"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert [line.split(":")[0] for line in told.err.splitlines()] == ["valgrind is missing"] * 2


@pytest.mark.parametrize(("grown", "code"), [(9, 0), (11, 1)])
def test_guard_fails_if_a_count_grew(
    grown: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = Baseline.parse(guard.BASELINE.read_text("utf-8"))
    found = {name: entry.count for name, entry in baseline.measures.items()}
    found["create"] = found["create"] * (100 + grown) // 100
    counts_are(found, monkeypatch)
    assert guard.main([]) == code
    assert ("Fault: 'create' takes" in capsys.readouterr().out) == bool(code)


def counts_are(found: Mapping[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "count", lambda: found)
    monkeypatch.setattr(guard, "here", lambda: HERE)


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_guard_reads_earlier_baselines_from_git(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "instructions.json"
    monkeypatch.setattr(guard, "ROOT", tmp_path)
    monkeypatch.setattr(guard, "BASELINE", file)
    counts_are({"create": 2_000}, monkeypatch)
    file.write_text(baseline_with(create=Entry(1_000, "first")).text())
    assert guard.main([]) == 1
    assert "Git has no earlier state" in capsys.readouterr().out
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Keep a count")

    assert guard.main(["--update", "first"]) == 1
    assert "its reason is still 'first'" in capsys.readouterr().out
    file.write_text(baseline_with(create=Entry(2_000, "first")).text())
    assert guard.main([]) == 1
    git(tmp_path, "commit", "--quiet", "--all", "--message", "Raise it without a reason")
    assert guard.main([]) == 1
    assert "grew from 1,000 to 2,000" in capsys.readouterr().out

    file.write_text(baseline_with(create=Entry(1_000, "first")).text())
    assert guard.main(["--update", "checks totals"]) == 0
    assert Baseline.parse(file.read_text()).measures == {"create": Entry(2_000, "checks totals")}
    git(tmp_path, "commit", "--quiet", "--all", "--message", "Say why")
    assert guard.main([]) == 0
    assert "Note" not in capsys.readouterr().out
