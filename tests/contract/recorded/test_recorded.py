"""Each vendor's API does what it did when its walk was recorded.

The documents say what an answer may be; the recordings say what it is, for hundreds of requests in a row,
with every record, ledger event, delivery and scheduled step that they leave behind. After an intended change,
`make record` writes them again, and their diff shows every effect of the change.
"""

from functools import cache

import pytest
from contract.recorded.control import WEIGHTS
from contract.recorded.recording import IN_FULL, Run, first_difference, recorded, walked
from contract.sandbox.documents import document
from support.each import each

from mock_server import vendors

VENDORS = vendors.names()


@cache
def run_of(vendor: str) -> Run:
    return walked(vendor)


@pytest.mark.parametrize("vendor", VENDORS)
def test_api_does_what_it_did_when_recorded(vendor: str) -> None:
    difference = first_difference(recorded(vendor), run_of(vendor))
    assert not difference, f"{difference}\nIf the change is intended, run `make record` and read the diff."


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_operation_succeeds_in_the_walk(vendor: str) -> None:
    walk = run_of(vendor).walk
    for operation in each(document(vendor).operations.values()):
        assert True in walk.outcomes.get(operation.id, set()), operation.id


@pytest.mark.parametrize("vendor", VENDORS)
def test_returns_have_every_status_in_the_walk(vendor: str) -> None:
    walk = run_of(vendor).walk
    assert walk.statuses == set(document(vendor).raw["x-transitions"]["return"]) - {""}


@pytest.mark.parametrize("vendor", VENDORS)
def test_data_fits_the_ledger_after_the_walk(vendor: str) -> None:
    assert run_of(vendor).differences == []


def test_control_plane_succeeds_in_the_walks() -> None:
    """Some vendors have no acts, switches or webhooks, so one of the walks has to succeed."""
    for operation in each(WEIGHTS):
        outcomes = [run_of(vendor).walk.outcomes.get(operation, set()) for vendor in VENDORS]
        assert any(True in one for one in outcomes), operation


def test_difference_shows_the_step_and_the_texts() -> None:
    run = run_of(VENDORS[0])
    lines = [line for line, _ in run.lines()]
    assert first_difference(lines, run) == ""
    short = next(at for at, line in enumerate(lines) if line.startswith("  200 ") and " bytes " in line)
    late = next(at for at, line in enumerate(lines) if line.startswith(f"{IN_FULL + 1} "))
    for place in (short, late):
        shown = first_difference([*lines[:place], "another", *lines[place + 1 :]], run)
        assert shown.startswith(f"recorded: another\nnow:      {lines[place]}\n")
        assert "{" in shown
    assert "recorded: (nothing)" in first_difference(lines[:-1], run)
    assert "now:      (nothing)" in first_difference([*lines, "more"], run)
