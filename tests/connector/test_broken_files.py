"""A missing or broken catalog or specification is one sentence on the command line, with file and line."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

import openapi
from connector.cli.program import run
from connector.definition import compiler

if TYPE_CHECKING:
    from pathlib import Path

VENDOR = "returnmate.yaml"
CATALOG = (compiler.CATALOGS / VENDOR).read_text(encoding="utf-8")
SPECIFICATION = openapi.path("returnmate").read_text(encoding="utf-8")
COMMANDS = (
    ["catalog"],
    ["catalog", "returnmate"],
    ["generate", "make", "--check"],
    ["generate", "zapier", "--vendor", "returnmate", "--check"],
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return copies of one vendor's catalog and specification, which are read again each time."""
    for name in ("catalog", "openapi"):
        (tmp_path / name).mkdir()
    (tmp_path / "catalog" / VENDOR).write_text(CATALOG, encoding="utf-8")
    shutil.copy(openapi.path("returnmate"), tmp_path / "openapi")
    monkeypatch.setattr(openapi, "FOLDER", tmp_path / "openapi")
    monkeypatch.setattr(openapi, "read", openapi.read.__wrapped__)  # type: ignore[attr-defined]
    monkeypatch.setattr(compiler, "CATALOGS", tmp_path / "catalog")
    monkeypatch.setattr(compiler, "integration", compiler.integration.__wrapped__)  # type: ignore[attr-defined]
    monkeypatch.setattr(compiler, "app", compiler.app.__wrapped__)  # type: ignore[attr-defined]
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusals(capsys: pytest.CaptureFixture[str], *commands: list[str]) -> set[str]:
    """Return what the commands print on standard error: one line each, and nothing else."""
    lines = set()
    for command in commands:
        assert run(command) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        (line,) = printed.err.splitlines()
        lines.add(line)
    return lines


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


NEW_RETURN = "    label: New Return\n"
FILE = "connector/catalog/returnmate.yaml"
REASON = "      reason: {"
DROPDOWN = ", dropdown: reason}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", f"{FILE} is empty."),
        ("# only a comment\n", f"{FILE} is empty."),
        ("- catalog: 1\n", f"{FILE}: a catalog is a mapping of sections, such as vendor and triggers."),
        (
            "catalog: 1\nvendor: {id: returnmate\ntriggers:\n",
            f"{FILE}:3: invalid YAML, did not find expected ',' or '}}'.",
        ),
        (
            CATALOG.replace(NEW_RETURN, f"{NEW_RETURN}    colour: red\n", 1),
            f"{FILE}:{line_of(CATALOG, NEW_RETURN) + 1}: triggers.new_return.colour is not a known key.",
        ),
        (
            CATALOG.replace(DROPDOWN, ", dropdown: reasons}", 1),
            f"{FILE}:{line_of(CATALOG, REASON)}: trigger new_return input reason names dropdown reasons,",
        ),
    ],
    ids=["empty", "comment", "list", "broken", "key", "schema"],
)
def test_broken_catalog_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    (folder / "catalog" / VENDOR).write_text(text, encoding="utf-8")
    (line,) = refusals(capsys, *COMMANDS)
    assert line.startswith(sentence)


def test_catalog_in_another_encoding_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "catalog" / VENDOR).write_bytes("vendor: Rückläufer\n".encode("latin-1"))
    assert refusals(capsys, *COMMANDS) == {"connector/catalog/returnmate.yaml is not UTF-8 text."}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "openapi/returnmate.yaml is empty."),
        ("openapi: [", "openapi/returnmate.yaml:2: invalid YAML, did not find expected node content."),
        ("- openapi", "openapi/returnmate.yaml: an OpenAPI document is a mapping."),
        ("openapi: 3.0.3\n", "openapi/returnmate.yaml has no paths."),
        (
            SPECIFICATION.replace("#/components/schemas/ReturnSummary", "#/components/schemas/Nothing"),
            "the reference '#/components/schemas/Nothing' does not exist.",
        ),
        (
            SPECIFICATION.replace("operationId: list_returns\n", "summary: None\n", 1),
            "openapi/returnmate.yaml: paths./rmas.get: operationId is missing.",
        ),
        (
            SPECIFICATION.replace("  /rmas:\n", "  /rmas: nothing\n  /rma:\n", 1),
            "openapi/returnmate.yaml: paths./rmas: a path has to be an object.",
        ),
    ],
    ids=["empty", "broken", "list", "paths", "reference", "operation", "path"],
)
def test_broken_specification_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    (folder / "openapi" / VENDOR).write_text(text, encoding="utf-8")
    (line,) = refusals(capsys, *COMMANDS)
    assert line.startswith("openapi/returnmate.yaml")
    assert line.endswith(sentence)


def test_missing_specification_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "openapi" / VENDOR).unlink()
    sentence = "openapi/returnmate.yaml is missing; connector/catalog/returnmate.yaml needs it."
    assert refusals(capsys, *COMMANDS) == {sentence}
    assert refusals(capsys, ["fidelity"]) == {sentence}


def test_missing_catalog_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "catalog" / VENDOR).unlink()
    assert refusals(capsys, *COMMANDS) == {
        "connector/catalog/returnmate.yaml is missing; openapi/returnmate.yaml needs it."
    }


def test_a_vendor_without_its_catalog_leaves_the_others_usable(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "openapi" / "acme.yaml").write_text(SPECIFICATION, encoding="utf-8")
    assert run(["catalog", "returnmate"]) == 0
    assert "new_return" in capsys.readouterr().out
