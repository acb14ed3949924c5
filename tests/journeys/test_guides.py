"""The guides of docs/ and of the apps: their links lead somewhere, and their commands and options exist."""

import re
import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
from support.each import each
from support.sandbox import Sandbox
from typer.main import get_command

from connector.cli.program import program
from connector.definition.compiler import integration, vendors
from connector.generator.gate import PLATFORMS
from connector.generator.zapier.package import override_variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import Action, Search, Trigger

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
GUIDES = [ROOT / platform.folder / vendor / "README.md" for platform in PLATFORMS for vendor in vendors()]


def test_index_lists_the_guide_of_every_app() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    rows = {
        integration(vendor).vendor.title: [
            f"(../{platform.folder}/{vendor}/README.md)" for platform in PLATFORMS
        ]
        for vendor in vendors()
    }
    listed = dict(re.findall(r"^- (\w+): ((?:.+\n)(?:  .+\n)*)", index, re.MULTILINE))
    for title, links in each(rows.items()):
        assert title in listed, f"docs/README.md has no item for {title}."
        assert all(link in listed[title] for link in each(links)), title


def matches(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> list[tuple[Path, str]]:
    """Return each match of a pattern in all pages and guides, with its page."""
    return [
        (page, match)
        for page in (*PAGES, *GUIDES)
        for match in re.findall(pattern, page.read_text("utf-8"), flags)
    ]


def links(pattern: str) -> list[tuple[Path, str]]:
    """Return each match of a pattern outside of blocks of code, in which brackets are no links."""
    code = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
    return [
        (page, match)
        for page in (*PAGES, *GUIDES)
        for match in re.findall(pattern, code.sub("", page.read_text("utf-8")))
    ]


def test_links_lead_somewhere() -> None:
    for page, target in each(links(r"\]\((?!https:|#)([^)#\s]+)")):
        assert (page.parent / target).exists(), f"{page}: {target}"
    for page, target in each(matches(r"`((?:docs|tests|openapi|connector|mock_server|bench)/[\w./]*)[` ]")):
        assert (ROOT / target).exists(), f"{page}: {target}"


def test_links_to_a_heading_name_one() -> None:
    for page, link in each(links(r"\]\((?!https:)([^)\s]*#[^)\s]+)\)")):
        target, _, heading = link.partition("#")
        text = (page.parent / (target or page.name)).read_text("utf-8")
        titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        assert heading in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}, link


def test_commands_exist_with_their_options() -> None:
    """Look up the options of each command in a code block or between backticks."""
    blocks = "\n".join(block for _, block in matches(r"```(?:sh)?\n(.*?)```", re.DOTALL)).replace("\\\n", " ")
    lines = re.findall(r"^returns .*$", blocks, re.MULTILINE)
    spans = [span for _, span in matches(r"`(returns [^`\n]+)`")]
    for line in (*each(lines), *each(spans)):
        known(shlex.split(line, comments=True)[1:])
    targets = re.findall(r"^make (\S+)$", blocks, re.MULTILINE)
    for target in (*each(targets), *each(target for _, target in matches(r"`make ([\w-]+)[` ]"))):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE), target


@cache
def whole_program() -> Any:
    """Build the program once; it takes 0.1 s."""
    return get_command(program())


def known(words: list[str]) -> None:
    """Follow the words of a command line through the program's commands."""
    command = whole_program()
    context = typer.Context(command)
    for word in words:
        if word.startswith("--"):
            options = {"--help", *(name for parameter in command.params for name in parameter.opts)}
            assert word.partition("=")[0] in options, f"{word} in {words}"
        elif found := getattr(command, "commands", {}).get(word):
            command, context = found, typer.Context(found, parent=context)
    before_a_command = {"--help", *(name for one in whole_program().params for name in one.opts)}
    assert context.parent is not None or words[0] in before_a_command, words


def test_guides_name_the_variable_that_the_app_reads() -> None:
    text = (ROOT / "docs" / "tunnel.md").read_text()
    for name in each(re.findall(r"\w+_BASE_URL", text)):
        assert name in {override_variable(integration(vendor)) for vendor in vendors()}
    for made in each(map(integration, vendors())):
        guide = (ROOT / "zapier_app" / made.vendor.id / "README.md").read_text()
        assert override_variable(made) in guide
        assert override_variable(made) in (ROOT / "zapier_app" / made.vendor.id / "vendor.js").read_text()


def test_tunnel_addresses_have_the_path_of_the_sandbox(sandbox: Sandbox) -> None:
    for vendor in each(vendors()):
        served = sandbox.credentials(vendor)["base_url"].removeprefix(sandbox.url)
        addresses = {
            (one.folder, found)
            for one in PLATFORMS
            for found in re.findall(
                r"https://tunnel\.example(\S*)", (ROOT / one.folder / vendor / "README.md").read_text()
            )
        }
        assert addresses == {(one.folder, served) for one in PLATFORMS}, vendor


@pytest.mark.parametrize("vendor", vendors())
def test_zapier_guides_name_every_step_of_the_catalog_and_why_some_are_left_out(vendor: str) -> None:
    made, folder = integration(vendor), ROOT / "zapier_app" / vendor
    text = (folder / "README.md").read_text()
    on_one_line = " ".join(text.split())
    offers: tuple[tuple[Mapping[str, Trigger | Action | Search], str], ...] = (
        (made.triggers, "triggers"),
        (made.actions, "creates"),
        (made.searches, "searches"),
    )
    for offered, place in each(offers):
        for one in offered.values():
            there = re.search(rf"^- \*\*{re.escape(one.label)}\*\*: ", text, re.MULTILINE) is not None
            assert there == (folder / place / f"{one.key}.js").exists(), one.key
            assert there or re.search(rf"(leaves out|,|no) {re.escape(one.label)}\b", on_one_line), one.key
