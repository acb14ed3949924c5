"""Run every command and every Python example of README.md and docs/*.md against one sandbox."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import pages
from support import preloaded
from support.each import each
from support.sandbox import Sandbox, running

from connector.cli.program import program
from connector.generator.gate import PLATFORMS

ROOT = Path(__file__).parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = "returns|make|zapier-platform|make-cli|npm|cloudflared"
COMMAND = re.compile(rf"^(?:\.venv/bin/)?(?:{PROGRAMS}) ", re.MULTILINE)
ADDRESS = re.compile(r"http://127\.0\.0\.1:40(?:10|11|20)")
SHELL = r"""
set -euo pipefail
returns() {
  local words=()
  for word in "$@"; do [ "$word" = --watch ] || words+=("$word"); done
  if [ "$1" = serve ]; then serve "${words[@]}"; else command returns "${words[@]}"; fi
}
serve() { # starts it, waits until it answers, and stops it
  local seed=(--seed-size 0)
  case " $* " in *" --seed-file "*) seed=() ;; esac
  command returns "$@" --port 0 --database sqlite:// "${seed[@]}" --ready-file served.json >served.txt &
  until [ -e served.json ]; do kill -0 $!; sleep 0.05; done
  kill $!
  wait $! || true
}
make() { grep -q "^$1:" "$MAKEFILE"; }
pip() { [ "$1" = install ]; }
uvx() { [ "$1" = --from ]; }
zapier-platform() { :; }
make-cli() { :; }
npm() { [ "$1" = ci ] || [ "$1" = test ] || [ "$1" = install ]; }
cloudflared() { :; }
claude() { :; }
docker() { # checks that compose.yaml has the profile and the service
  local file="${MAKEFILE%/*}/compose.yaml"
  [ "$1 $2" = "compose --profile" ]
  grep -q "profiles: \[$3\]" "$file"
  [ "$4" != logs ] || grep -q "^  $5:" "$file"
}
openssl() { echo 0123456789abcdef; }
"""
"""A watch polls once, and programs that need an account or the network do nothing."""


RUN_ELSEWHERE = {
    "docs/hub.md",
    "docs/receiver-check.md",
    "docs/requests.md",
    *(page for page in PAGES if page.startswith("docs/python/")),
}
"""Pages that a test of their own runs."""
SYNC = ("README.md", 1)
"""The example that test_python_pages.py runs, because it needs PostgreSQL."""


def blocks(page: str, language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(PAGES[page].read_text("utf-8")) if found == language]


OWN_SHOP = "docs/your-own-shop.md"
COMMANDS_RUN_ELSEWHERE = {*RUN_ELSEWHERE, "docs/testing.md"}
WITH_COMMANDS = sorted(page for page in PAGES if page not in COMMANDS_RUN_ELSEWHERE and blocks(page, "sh"))
EXAMPLES = {
    ("README.md", 0): r"^RMA-\d+",
    ("docs/python.md", 0): r"^RMA-\S+ \d+$",
    ("docs/python.md", 1): r"^RMA-\S+ completed$",
    ("docs/python.md", 2): r"^\S+@\S+ returns \d+ lines$",
    ("docs/python.md", 3): "return_created flagship RMA-.* completed",
    ("docs/testing.md", 0): "1 passed",
    ("docs/testing.md", 1): "2 passed",
    ("docs/your-own-shop.md", 0): "1 passed",
    ("docs/snapshots.md", 0): "1 passed",
    ("docs/faults.md", 0): "1 passed",
    ("docs/faults.md", 1): "1 passed",
    ("docs/webhooks.md", 0): "2 passed",
    ("docs/webhooks.md", 1): "2 passed",
}
"""What each Python example prints, by page and place; one that is a test is run by pytest."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Serve the sandbox of all pages, without rate limits, which the commands of all pages would exceed."""
    with running(tmp_path_factory.mktemp("sandbox"), "--no-rate-limits") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def own_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Serve the shop that docs/your-own-shop.md prints, as its first command does."""
    folder = tmp_path_factory.mktemp("own-shop")
    printed = re.search(r"<<'END'\n(.*?)^END$", blocks(OWN_SHOP, "sh")[0], re.MULTILINE | re.DOTALL)
    assert printed
    (folder / "shop.yaml").write_text(printed[1], "utf-8")
    with running(folder, "--no-rate-limits", "--seed-file", "shop.yaml") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the apps as they are, committed as v1.4.0, and a copy of them at ../released."""
    folder = tmp_path_factory.mktemp("checkout") / "returns-connector"
    installed = shutil.ignore_patterns("node_modules")
    for place in (folder, folder.parent / "released"):
        for platform in PLATFORMS:
            shutil.copytree(ROOT / platform.folder, place / platform.folder, ignore=installed)
    git = ["git", "-c", "user.name=Example", "-c", "user.email=someone@example.com"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "Release"], ["tag", "v1.4.0"]):
        subprocess.run([*git, *words], cwd=folder, check=True)
    for modules in (ROOT / "zapier_app").glob("*/node_modules"):
        (folder / modules.relative_to(ROOT)).symlink_to(modules)
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "activate").touch()
    return folder


def environment(home: Path, sandbox: Sandbox) -> dict[str, str]:
    """Return the environment of a shell; the `returns` that it finds does not import everything again."""
    programs = home / "programs"
    programs.mkdir()
    places = [str(programs), str(Path(sys.executable).parent), os.environ["PATH"]]
    return {
        **preloaded.shell_folder(programs),
        "PATH": os.pathsep.join(places),
        "HOME": str(home),
        "RETURNS_SANDBOX_URL": sandbox.url,
        "MAKEFILE": str(ROOT / "Makefile"),
        "PYTEST_ADDOPTS": preloaded.FEW_PLUGINS,
    }


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_commands_work_as_printed(
    page: str, checkout: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Run all commands of a page in one shell, so that variables hold for the commands after them."""
    shop: Sandbox = request.getfixturevalue("own_shop" if page == OWN_SHOP else "shop")
    commands = "".join(blocks(page, "sh")).replace(".venv/bin/returns", "returns")
    script = SHELL + ADDRESS.sub(shop.url, commands)
    run = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=checkout,
        env=environment(tmp_path, shop),
    )
    assert run.returncode == 0, f"{run.stdout[-2000:]}\n{run.stderr[-2000:]}"
    if page == OWN_SHOP:
        assert run.stdout.count("#5001") >= 3  # each vendor that is asked finds the order


def test_commands_are_in_blocks_that_are_run() -> None:
    others = [
        (page, text)
        for page, path in PAGES.items()
        for language, text in BLOCK.findall(path.read_text("utf-8"))
        if language != "sh" and COMMAND.search(text)
    ]
    assert others == []
    assert len(WITH_COMMANDS) > 5


@pytest.mark.parametrize(("page", "place"), list(EXAMPLES))
def test_python_works_as_printed(page: str, place: int, shop: Sandbox, tmp_path: Path) -> None:
    code = ADDRESS.sub(shop.url, blocks(page, "python")[place])
    file = tmp_path / "test_example.py"
    file.write_text(code, "utf-8")
    options = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if "def test_" in code else []
    run = subprocess.run(
        [sys.executable, *options, str(file)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment(tmp_path, shop),
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(EXAMPLES[page, place], run.stdout, re.MULTILINE), run.stdout


def test_every_python_example_is_run() -> None:
    pages_run = [page for page in PAGES if page not in RUN_ELSEWHERE]
    found = {(page, place) for page in pages_run for place, _ in enumerate(blocks(page, "python"))}
    assert found == set(EXAMPLES) | {SYNC}


def test_every_command_of_the_program_is_mentioned() -> None:
    text = "\n".join(path.read_text("utf-8") for path in PAGES.values())
    names = [command.callback.__name__ for command in program().registered_commands if command.callback]
    assert names
    assert [name for name in each(names) if f"returns {name}" not in text] == []


def test_readme_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", (ROOT / "README.md").read_text("utf-8"))
    assert "docs/guarantees.md" in links
    assert [link for link in each(links) if not (ROOT / link).exists()] == []


def test_readme_says_within_20_lines_what_it_is_for_with_a_picture() -> None:
    opening = (ROOT / "README.md").read_text("utf-8").splitlines()[:20]
    picture = next(line for line in opening if line.startswith("!["))
    assert (ROOT / picture.partition("](")[2].rstrip(")")).stat().st_size < 50_000
    assert "make run" in opening


def test_picture_shows_commands_of_the_readme() -> None:
    picture = re.sub(r"<[^>]+>", "", (ROOT / "docs" / "terminal.svg").read_text("utf-8")).replace(
        "&#160;", " "
    )
    for words in each(("returns trigger returnmate new_return", "returns action returnmate create_return")):
        assert words in picture
        assert words in (ROOT / "README.md").read_text("utf-8")


def test_tables_are_current() -> None:
    """`make docs` writes the tables; the matrix is compared with its lists of scenarios, not with a run."""
    assert list(pages.drift()) == []


def test_no_line_of_a_document_is_too_long() -> None:
    assert len(pages.documents()) > 20
    assert list(pages.too_long()) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("short\n" + "word " * 30, [2]), ("x" * 130, []), ("- " + "x" * 130, [1]), ("a " * 60, [])],
)
def test_long_lines_are_found(text: str, numbers: list[int]) -> None:
    assert pages.long_lines(text) == numbers


def test_table_replaces_what_is_between_its_markers() -> None:
    text = "before\n<!-- rows -->\nold\n<!-- /rows -->\nafter\n"
    assert pages.filled(text, "rows", r"new \1") == text.replace("old", r"new \1")
    with pytest.raises(ValueError, match="once each"):
        pages.filled(text, "columns", "new")


def test_contributing_names_every_room() -> None:
    """Each package's folders, and the modules beside them, are in its table."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = {
        name
        for span in re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", text, re.MULTILINE)
        for name in rooms(span)
    }
    for package in each(("connector", "mock_server")):
        places = [path for path in sorted((ROOT / package).iterdir()) if path.name[0] not in "._"]
        missing = [path.name for path in places if path.suffix in {"", ".py"} and path.name not in named]
        assert missing == [], package


def rooms(cell: str) -> set[str]:
    return {Path(name).name for name in re.findall(r"`([^`]+)`", cell)}


def test_files_that_contributing_names_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for name in each(re.findall(r"`((?:connector|mock_server|tests|bench|docs)/[\w./]+)`", text)):
        assert (ROOT / name).exists(), name
    walks = re.findall(r"^- \*\*`.*?\n(?=- |\n)", text, re.MULTILINE | re.DOTALL)
    assert len(walks) == 3
    known = [
        path.as_posix() for package in ("connector", "mock_server") for path in (ROOT / package).rglob("*")
    ]
    for name in each(re.findall(r"`([\w/]+(?:\.py|/))`", "".join(walks))):
        assert any(path.endswith(f"/{name.rstrip('/')}") for path in known), name
