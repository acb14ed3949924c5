"""`returns generate n8n` and `returns lint n8n` on the command line."""

import json
from pathlib import Path

import pytest

from connector.cli.program import run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_packages_are_generated_checked_and_repaired(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate = ["generate", "n8n", "--vendor", "swap"]
    assert run(generate) == 0
    assert run([*generate, "--check"]) == 0
    capsys.readouterr()
    assert run(["lint", "n8n"]) == 0
    assert capsys.readouterr().out == "n8n_nodes/swap: 15 checks, no complaints.\n"
    clock = home / "n8n_nodes" / "swap" / "nodes" / "Swap" / "lib" / "clock.ts"
    clock.write_text(clock.read_text().replace("Date.now()", "fetch('https://example.com')"))
    assert run([*generate, "--check"]) == 1
    assert "different nodes/Swap/lib/clock.ts" in capsys.readouterr().err
    assert run(["lint", "n8n", "swap", "--format", "json"]) == 1
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["app"], {one["check"] for one in report["complaints"]}) == ("swap", {"N011"})
    assert run(generate) == 0
    assert run(["lint", "n8n"]) == 0


def test_previews_are_left_out_on_request(home: Path) -> None:
    assert run(["generate", "n8n", "--vendor", "returnlogic", "--documented-only"]) == 0
    data = home / "n8n_nodes" / "returnlogic" / "nodes" / "ReturnLogic" / "data.ts"
    without = data.read_text()
    assert run(["generate", "n8n", "--vendor", "returnlogic"]) == 0
    assert "newRma" not in without
    assert "newRma" in data.read_text()


def test_build_results_are_kept_and_are_no_drift(home: Path) -> None:
    generate = ["generate", "n8n", "--vendor", "swap"]
    assert run(generate) == 0
    built = home / "n8n_nodes" / "swap" / "dist" / "index.js"
    built.parent.mkdir()
    built.write_text("")
    assert run([*generate, "--check"]) == 0
    assert run(generate) == 0
    assert built.is_file()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["lint", "n8n"], "There is no app in n8n_nodes"),
        (["lint", "n8n", "nowhere"], "There is no app nowhere in n8n_nodes, and no such folder."),
    ],
)
def test_missing_package_is_reported(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert run(arguments) == 2
    assert sentence in capsys.readouterr().err
