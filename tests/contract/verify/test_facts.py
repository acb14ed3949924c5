"""Facts that `returns verify --facts` writes: what is assumed becomes observed, in apps and in fidelity."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.each import each
from support.verifying import planned

import openapi
from connector.cli import program
from connector.definition import facts as account
from connector.definition.compiler import integration as compiled
from connector.definition.facts import Facts, OperationFacts
from connector.definition.fidelity import shares
from connector.definition.offer import NOTICE
from connector.generator.make import render as render_make
from connector.generator.zapier import render as render_zapier

if TYPE_CHECKING:
    from pathlib import Path

    from support.verifying import Command

    from connector.definition.model import Field, Provenance

VENDORS = openapi.vendors()


@pytest.fixture
def facts(command: Command, tmp_path: Path, request: pytest.FixtureRequest) -> Facts:
    """Return the facts that the command writes for the vendor of the test."""
    file = tmp_path / "facts.json"
    assert command.run(request.getfixturevalue("vendor"), "--facts", str(file)).code == 0
    return account.read(file)


def places(field: Field, place: str = "") -> dict[str, Provenance]:
    """Return the provenance of each field of a response by its path."""
    inside = f"{place}[]" if field.type == "list" else place
    found = {place: field.provenance}
    for child in field.children:
        found |= places(child, f"{inside}.{child.key}" if inside else child.key)
    return found


@pytest.mark.parametrize("vendor", VENDORS)
def test_confirmed_parts_count_as_observed_and_others_stay(vendor: str, facts: Facts) -> None:
    before, after = compiled(vendor), compiled(vendor, facts)
    assert facts.operations
    for name, operation in each(after.operations.items()):
        known = facts.operations.get(name)
        if known is None:
            assert operation == before.operations[name]
            continue
        assert operation.provenance != "assumed"
        was, now = places(before.operations[name].response), places(operation.response)
        for place in known.fields:  # may be empty: of a list without rows, or a file
            assert now[place] == ("observed" if was[place] == "assumed" else was[place])
        others = was.keys() - set(known.fields)
        assert {place: now[place] for place in others} == {place: was[place] for place in others}
        for parameter in operation.parameters:
            old = before.operations[name].parameter(parameter.name)
            assert old is not None
            if parameter.name not in known.parameters:
                assert parameter == old


@pytest.mark.parametrize("vendor", VENDORS)
def test_fidelity_counts_facts_as_observed(vendor: str, facts: Facts) -> None:
    before, after = shares(vendor), shares(vendor, facts)
    for part in each(before):
        assert before[part].total() == after[part].total()
        assert before[part]["documented"] == after[part]["documented"]
        assert before[part]["assumed"] >= after[part]["assumed"]
    confirmed_anything = any(
        before[part]["assumed"] > after[part]["assumed"] for part in ("operations", "fields", "parameters")
    )
    assumed = any(one.provenance == "assumed" for one in planned(vendor).reads)
    assert confirmed_anything or not assumed


def assumed_search() -> tuple[str, str]:
    """Return a vendor and a search whose request is assumed, so that its apps mark it as a preview."""
    return next(
        (vendor, search.key)
        for vendor in VENDORS
        for search in compiled(vendor).searches.values()
        if compiled(vendor).operations[search.operation].provenance == "assumed"
    )


@pytest.mark.parametrize("vendor", [assumed_search()[0]])
def test_facts_remove_the_mark_of_a_preview(vendor: str, facts: Facts) -> None:
    plain, confirmed = compiled(vendor), compiled(vendor, facts)
    told = [made.searches[assumed_search()[1]].description for made in (plain, confirmed)]
    assert told[0] == f"{told[1]} {NOTICE}"
    for render, readme in ((render_zapier, "README.md"), (render_make, "src/README.md")):
        before, after = (" ".join(render(made)[readme].split()) for made in (plain, confirmed))
        assert f"**: {told[0]}" in before
        assert f"**: {told[0]}" not in after
        assert f"**: {told[1]}" in after
        assert set(render(plain, selection="documented")) < set(render(confirmed, selection="documented"))


def test_generate_and_fidelity_take_the_file(
    tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    vendor, _ = assumed_search()
    file, output = tmp_path / "facts.json", tmp_path / "apps"
    command.run(vendor, "--facts", str(file))
    for platform in ("zapier", "make"):
        words = ["generate", platform, "--vendor", vendor, "--output", str(output / platform)]
        assert program.run(words) == 0
        assert program.run([*words, "--check"]) == 0
        assert program.run([*words, "--check", "--facts", str(file)]) == 1
        assert program.run([*words, "--facts", str(file)]) == 0
    capsys.readouterr()
    assert program.run(["fidelity", "--format", "json"]) == 0
    before = json.loads(capsys.readouterr().out)
    assert program.run(["fidelity", "--format", "json", "--facts", str(file)]) == 0
    after = json.loads(capsys.readouterr().out)
    assert before[vendor] != after[vendor]
    assert {name: counts for name, counts in before.items() if name != vendor} == {
        name: counts for name, counts in after.items() if name != vendor
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "is not a file of facts"),
        ("no JSON", "is not a file of facts"),
        (json.dumps({"format": "returns-facts/2", "vendor": VENDORS[0]}), "is not a file of facts"),
        (None, "cannot be read"),
    ],
)
def test_other_files_are_refused_and_kept(
    command: Command, tmp_path: Path, text: str | None, words: str
) -> None:
    file = tmp_path / "facts.json"
    if text is not None:
        file.write_text(text, "utf-8")
        done = command.run(VENDORS[0], "--facts", str(file))
        assert (done.code, done.out) == (2, "")
        assert "requests" not in done.err
        assert file.read_text("utf-8") == text
    code = program.run(["generate", "zapier", "--facts", str(file), "--output", str(tmp_path / "apps")])
    assert code == 2
    assert words in command.capsys.readouterr().err
    assert not (tmp_path / "apps").exists()


def test_missing_folder_is_refused_before_the_first_request(command: Command, tmp_path: Path) -> None:
    transport = command.transport = command.accounts.transport(VENDORS[0])
    done = command.run(VENDORS[0], "--facts", str(tmp_path / "no" / "facts.json"))
    assert (done.code, done.out) == (2, "")
    assert "there is no folder" in done.err
    assert transport.requests == []


def test_facts_of_another_specification_are_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "facts.json"
    known = OperationFacts(parameters=("page",), fields=("data",))
    old = Facts(
        vendor=VENDORS[0], specification="0" * 64, verified_on="2026-01-31", operations={"gone": known}
    )
    account.write(file, old)
    assert program.run(["fidelity", "--facts", str(file)]) == 0
    printed = capsys.readouterr().err
    assert "the API description has changed since 2026-01-31" in printed
    assert f"Run `returns verify {VENDORS[0]} --facts {file}` again." in printed


def test_facts_of_an_unknown_vendor_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "facts.json"
    account.write(file, Facts(vendor="acme", specification="", verified_on="2026-01-31"))
    assert program.run(["fidelity", "--facts", str(file)]) == 2
    assert "'acme', which is no vendor" in capsys.readouterr().err
