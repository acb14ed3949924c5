"""`returns generate make` and `returns lint make` on the command line."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from connector.cli.program import run


@dataclass
class Done:
    """Exit code and output of a command."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the program in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def ran(*arguments: str) -> Done:
        code = run(list(arguments))
        told = capsys.readouterr()
        return Done(code, told.out, told.err)

    return ran


def test_apps_are_generated_checked_and_repaired(returns: Run, tmp_path: Path) -> None:
    assert returns("generate", "make", "--vendor", "swap").returncode == 0
    assert returns("lint", "make").stdout == "make_app/swap: 48 checks, no complaints.\n"
    assert returns("generate", "make", "--vendor", "swap", "--check").returncode == 0
    base = tmp_path / "make_app" / "swap" / "src" / "general" / "base.iml.json"
    said = json.loads(base.read_text())
    base.write_text(json.dumps({**said, "log": {"sanitize": []}}))
    drifted = returns("generate", "make", "--vendor", "swap", "--check")
    assert drifted.returncode == 1
    assert "different src/general/base.iml.json" in drifted.stderr
    found = returns("lint", "make", "swap", "--format", "json")
    assert found.returncode == 1
    (report,) = json.loads(found.stdout)
    assert (report["app"], {one["check"] for one in report["complaints"]}) == ("swap", {"M037"})
    assert "M037 In base, request.headers.x-api-key is a secret in the log" in returns("lint", "make").stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["lint", "make"], "There is no app in make_app"),
        (["lint", "make", "nowhere"], "There is no app nowhere in make_app, and no such folder."),
        (["lint", "zapier", "nowhere"], "There is no app nowhere in zapier_app"),
        (["lint", "make", "empty"], "empty does not contain a Make app"),
        (["lint", "make", "broken"], "makecomapp.json is not valid JSON"),
        (["generate", "make", "--vendor", "unknown"], 'There is no app named "unknown"'),
        (["generate", "make", "--vendor", "swap", "--output", "other"], "Fix or remove"),
        (["generate", "make", "--base-url", "https://tunnel.example"], "name it with --vendor"),
        (
            ["generate", "make", "--vendor", "swap", "--base-url", "tunnel"],
            "--base-url: 'tunnel' is not a base URL",
        ),
        (["generate", "make", "--vendor", "swap", "--base-url", ""], "--base-url: '' is not a base URL"),
        (
            ["generate", "make", "--vendor", "swap", "--base-url", "http://x.example"],
            "unencrypted; use https://",
        ),
    ],
)
def test_impossible_command_is_reported_in_one_sentence(
    returns: Run, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    (tmp_path / "empty").mkdir()
    for folder in ("broken", "other/swap/src"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "makecomapp.json").write_text("{")
    done = returns(*arguments)
    assert done.returncode not in (0, 70)
    assert sentence in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr
