"""Shell completion: what it offers at each position, and that it stays silent after any failure."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from connector.cli.program import run
from connector.definition.compiler import apps, integration, vendors

Complete = Callable[[str], list[str]]
PROFILES = """
[returnmate.shop]
api_key = "k"
[returnmate.outlet]
api_key = "k"
[swap.main]
api_key = "k"
"""


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "returns-connector"
    folder.mkdir()
    (folder / "profiles.toml").write_text(PROFILES)
    return folder


@pytest.fixture
def complete(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    """Return a function that completes the last word of a line as bash does."""
    assert home.is_dir()

    def last_word(line: str) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("_RETURNS_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", "\n".join(words))
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        assert run([]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out.split()

    return last_word


@pytest.mark.parametrize(
    "line",
    [
        "returns catalog ",
        "returns trigger ",
        "returns action ",
        "returns search ",
        "returns connect ",
        "returns serve --vendor ",
        "returns sandbox move ",
        "returns sandbox acts ",
        "returns sandbox act ",
        "returns sandbox switch ",
        "returns sandbox create-key ",
        "returns sandbox plan ",
        "returns sandbox ledger --vendor ",
    ],
)
def test_vendors(complete: Complete, line: str) -> None:
    assert complete(line) == vendors()


@pytest.mark.parametrize(
    "line",
    [
        "returns generate zapier --vendor ",
        "returns generate make --vendor ",
        "returns lint zapier ",
        "returns lint make swap ",
    ],
)
def test_apps(complete: Complete, line: str) -> None:
    assert complete(line) == apps()
    assert complete(f"{line}returnm") == ["returnmate"]


@pytest.mark.parametrize("vendor", vendors())
def test_triggers_actions_and_searches_of_the_vendor(complete: Complete, vendor: str) -> None:
    offered = integration(vendor)
    assert complete(f"returns trigger {vendor} ") == list(offered.triggers)
    assert complete(f"returns action {vendor} ") == list(offered.actions)
    assert complete(f"returns search {vendor} ") == list(offered.searches)


def test_triggers_of_all_vendors(complete: Complete) -> None:
    assert complete("returns trigger --all new_ret") == ["new_return"]
    assert complete("returns trigger --all new_rm") == ["new_rma"]  # ReturnLogic's name for it


def test_inputs_up_to_the_equals_sign(complete: Complete) -> None:
    create = "returns action returnmate create_return"
    assert complete(f"{create} --input order_n") == ["order_number="]
    assert complete(f"{create} -i items") == [
        "items[0].sku=", "items[0].quantity=", "items[0].reason=", "items[0].notes="
    ]  # fmt: skip
    assert complete("returns trigger returnmate return_status_changed --input ") == ["status="]
    assert complete("returns search returnmate find_return -i order_number=#1 -i customer") == [
        "customer_email="
    ]


def test_profiles_of_the_vendor_or_of_all(complete: Complete) -> None:
    assert complete("returns action returnmate create_return --profile ") == ["outlet", "sandbox", "shop"]
    assert complete("returns connect returnmate --profile s") == ["sandbox", "shop"]
    assert complete("returns search --profile ") == ["main", "outlet", "sandbox", "shop"]
    assert complete("returns trigger --all new_return --profile ") == ["main", "outlet", "sandbox", "shop"]


def test_environments(complete: Complete) -> None:
    (vendor, *_others) = [name for name in vendors() if len(integration(name).environments) > 1]
    keys = [environment.key for environment in integration(vendor).environments]
    assert complete(f"returns connect {vendor} --environment ") == keys


@pytest.mark.parametrize(
    "line",
    [
        "returns trigger nonsense ",
        "returns action nonsense create_return --input ",
        "returns action returnmate nonsense --input ",
        "returns action --input ",
        "returns search --bogus -i ",
        "returns trigger returnmate new_return --interval x --profile x",
        "returns trigger returnmate new_return extra words ",
        "returns action returnmate create_return --input order_number =",
        "returns catalog nonsense",
        "returns connect nonsense --environment ",
    ],
)
def test_nothing_to_offer_is_silent(complete: Complete, line: str) -> None:
    assert complete(line) == []


@pytest.mark.parametrize("content", ["[returnmate", "\ud83d"])
def test_a_broken_profiles_file_is_silent(complete: Complete, home: Path, content: str) -> None:
    (home / "profiles.toml").write_bytes(content.encode("utf-8", "surrogatepass"))
    assert complete("returns search returnmate find_return --profile ") == []


def test_an_unreadable_catalog_is_silent(complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_name: str) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("connector.definition.compiler.integration", fails)
    assert complete("returns action returnmate ") == []
    monkeypatch.setattr("openapi.vendors", lambda: fails(""))
    assert complete("returns sandbox move ") == []


def test_completion_loads_neither_the_network_nor_tables(complete: Complete) -> None:
    assert "create_return" in complete("returns action returngo ")
    heavy = ("httpx", "rich.table", "connexion", "sqlalchemy")
    start = "import sys; from connector.cli.program import run; run([])"
    code = f"{start}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
