"""Transition tables of vendors."""

from typing import Any

import pytest

from mock_server.lifecycle import IllegalMove, Lifecycle

STATES: dict[str, Any] = {"neu": "requested", "ok": "approved", "fertig": "completed"}
MOVES = {"neu": ("ok",), "ok": ("fertig",)}


def test_allowed_move_succeeds_and_a_refusal_names_the_allowed_ones() -> None:
    table = Lifecycle(STATES, MOVES, "neu")
    table.check("neu", "ok")
    with pytest.raises(IllegalMove) as raised:
        table.check("neu", "fertig")
    assert (raised.value.current, raised.value.wanted, raised.value.allowed) == ("neu", "fertig", ("ok",))
    assert str(raised.value) == "A return that is 'neu' cannot become 'fertig'; it can become ok."


def test_final_status_allows_no_move() -> None:
    table = Lifecycle(STATES, MOVES, "neu")
    with pytest.raises(IllegalMove, match="its status is final"):
        table.check("fertig", "neu")
    assert [word for word in STATES if table.is_open(word)] == ["neu", "ok"]


def test_move_to_the_same_status_needs_a_table_entry() -> None:
    with pytest.raises(IllegalMove):
        Lifecycle(STATES, MOVES, "neu").check("neu", "neu")
    Lifecycle(STATES, {"neu": ("neu",)}, "neu").check("neu", "neu")


def test_word_is_found_by_its_state() -> None:
    table = Lifecycle(STATES, MOVES, "neu")
    assert table.word("completed") == "fertig"
    with pytest.raises(LookupError, match="'in_transit'"):
        table.word("in_transit")


@pytest.mark.parametrize(
    ("states", "moves", "initial", "fault"),
    [
        (STATES, {"neu": ("weg",)}, "neu", "'neu' leads to 'weg', which has no state"),
        (STATES, {"weg": ("neu",)}, "neu", "'weg' has no state"),
        (STATES, MOVES, "weg", "the initial status 'weg' has no state"),
        ({**STATES, "neu": "begun"}, MOVES, "neu", "'neu' has the unknown state 'begun'"),
    ],
)
def test_contradictory_table_is_refused(states: Any, moves: Any, initial: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        Lifecycle(states, moves, initial)
