"""What a record told before a crash, and what it has to tell then."""

import pytest

from connector.polling.parts import About
from connector.polling.states import Told, entered, told_since


def test_what_was_told_is_read_from_the_ids_in_their_order() -> None:
    events = ("shop:moved:r1:open", "shop:moved:r2:shut:2", "shop:moved:r1:shut")
    assert told_since(About("shop:moved", "moved", None, events)) == {
        "r1": [("open", 1), ("shut", 1)],
        "r2": [("shut", 2)],
    }


@pytest.mark.parametrize(
    ("state", "last", "counts", "told", "times"),
    [
        ("open", None, {}, [], 1),
        ("open", "open", {"open": 1}, [], None),
        ("shut", "open", {"open": 1}, [], 1),
        ("open", "shut", {"open": 1, "shut": 1}, [], 2),
        ("shut", "open", {"open": 1}, [("shut", 1)], 1),  # it may not have arrived: the same again
        ("open", "open", {"open": 1}, [("shut", 1)], 2),  # whoever heard of shut has to hear of open
        ("open", None, {}, [("shut", 1)], 1),
        ("shut", None, {}, [("shut", 1), ("open", 1)], 2),
    ],
)
def test_a_state_is_told_once_and_again_only_by_the_same_id(
    state: str, last: str | None, counts: dict[str, int], told: list[Told], times: int | None
) -> None:
    assert entered(state, last, counts, told)[0] == times
