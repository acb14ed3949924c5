"""`returns serve` explains in one sentence why a specification or a vendor's package cannot be served."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

import openapi
from connector.cli.program import run
from mock_server.vendors import returnmate

if TYPE_CHECKING:
    from pathlib import Path

SERVE = ["serve", "--port", "0", "--database", "sqlite://"]
TEXT = openapi.path("returnmate").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of `openapi/` with the control plane and one vendor, which is read again each time."""
    for name in ("sandbox", "returnmate"):
        shutil.copy(openapi.path(name), tmp_path)
    monkeypatch.setattr(openapi, "FOLDER", tmp_path)
    monkeypatch.setattr(openapi, "read", openapi.read.__wrapped__)  # type: ignore[attr-defined]
    return tmp_path


def refusal(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """Return what `returns serve` says when it does not start: one line, and nothing else."""
    assert run([*SERVE, *options]) in (1, 2)
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    return line


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("openapi: [", "openapi/returnmate.yaml:2: invalid YAML, did not find expected node content."),
        ("", "openapi/returnmate.yaml is empty."),
        ("- openapi", "openapi/returnmate.yaml: an OpenAPI document is a mapping."),
        ("openapi: 3.0.3\ninfo: {title: T, version: '1'}\n", "openapi/returnmate.yaml has no paths."),
        (
            TEXT.replace("#/components/schemas/ReturnSummary", "#/components/schemas/Nothing"),
            "openapi/returnmate.yaml: the reference '#/components/schemas/Nothing' does not exist.",
        ),
        (
            TEXT.replace("operationId: list_returns\n", "operationIdd: list_returns\n", 1),
            "openapi/returnmate.yaml: paths./rmas.get is not valid OpenAPI 3.0: 'operationIdd'",
        ),
        (
            TEXT.replace("operationId: list_returns\n", "operationId: list_parcels\n", 1),
            "The operation list_parcels (GET /rmas) has no handler: 'ReturnMate' object has no attribute",
        ),
    ],
    ids=["broken", "empty", "list", "paths", "reference", "keyword", "handler"],
)
def test_broken_specification_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    (folder / "returnmate.yaml").write_text(text, encoding="utf-8")
    assert refusal(capsys).startswith(sentence)


def test_missing_package_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "acme.yaml").write_text(TEXT, encoding="utf-8")
    sentence = "mock_server/vendors/acme is missing; openapi/acme.yaml needs its handlers."
    assert refusal(capsys) == sentence
    assert refusal(capsys, "--vendor", "acme") == sentence


def test_missing_specification_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sentence = "openapi/swap.yaml is missing; mock_server/vendors/swap needs it."
    assert refusal(capsys, "--vendor", "swap") == sentence


def test_package_without_vendor_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(returnmate, "vendor")
    assert refusal(capsys) == "mock_server/vendors/returnmate/__init__.py has no function vendor(world)."


def test_other_failures_keep_their_traceback(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_world: object) -> None:
        raise RuntimeError("not the document's fault")

    monkeypatch.setattr(returnmate, "vendor", broken)
    with pytest.raises(RuntimeError, match="not the document's fault"):
        run(SERVE)
