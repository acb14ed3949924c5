"""How often the hub polls: within the vendor's limits and with a stated bound, or refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.definition.compiler import integration, vendors
from connector.hub.lists import PolledList, polled_lists
from connector.hub.planning import DAY, LONGEST, Load, PlanRefusedError, plan, spoken


def lists_of(vendor: str, *triggers: str) -> list[PolledList]:
    known = polled_lists(integration(vendor)).values()
    return [one for one in known if not triggers or set(triggers) & set(one.triggers)]


@pytest.mark.parametrize("vendor", vendors())
@settings(deadline=None)  # the first example reads the catalog
@given(connections=st.integers(1, 200), changes=st.integers(0, 20_000), shortest=st.integers(1, 600))
def test_a_plan_stays_within_every_limit_or_is_refused(
    vendor: str, connections: int, changes: int, shortest: int
) -> None:
    vendors_limits = integration(vendor)
    load = Load(connections=connections, changes=changes, shortest=shortest)
    try:
        made = plan(vendors_limits, lists_of(vendor), load)
    except PlanRefusedError:
        assert vendors_limits.limits.plans
        return
    assert shortest <= made.interval <= LONGEST
    assert made.budget is None or made.calls <= made.budget
    smallest = [window for one in vendors_limits.limits.plans[:1] for window in one.windows]
    assert all(made.calls * window.seconds / DAY <= window.requests for window in smallest)


def test_the_plan_of_a_login_with_a_daily_limit() -> None:
    made = plan(integration("returngo"), lists_of("returngo", "return_approved", "new_return"), Load())
    # 2,000 calls, of which a tenth is kept; 200 changes need a call each for their details.
    assert (made.limit, made.budget, made.details) == (2_000, 1_800, 200)
    # 1,600 calls for two lists are 800 polls of each, or one every 108 seconds.
    assert (made.interval, made.polls, made.most_changes) == (108, 1_600, 200)
    assert made.sentence == (
        "at most 2 min 28 s late while at most 200 changes a day come and the vendor answers;"
        " 1,800 of 2,000 calls a day"
    )


def test_a_login_that_serves_more_shops_polls_each_less_often() -> None:
    one = plan(integration("returngo"), lists_of("returngo", "return_approved"), Load(changes=0))
    four = plan(
        integration("returngo"), lists_of("returngo", "return_approved"), Load(connections=4, changes=0)
    )
    assert (one.interval, four.interval) == (60, 192)
    assert four.calls <= 1_800


def test_a_plan_that_cannot_fit_is_refused_with_its_arithmetic() -> None:
    with pytest.raises(PlanRefusedError) as refused:
        plan(integration("returngo"), lists_of("returngo"), Load(connections=30, changes=600))
    # Four lists of thirty connections, 24 times a day.
    assert "2,880 calls a day to poll each list once an hour and 600 for the details" in str(refused.value)
    assert "only 1,800 of 2,000 calls a day are available" in str(refused.value)


def test_the_bound_holds_for_the_changes_that_the_rest_of_the_budget_can_read() -> None:
    made = plan(integration("returngo"), lists_of("returngo", "return_approved"), Load())
    assert made.interval == 60
    assert made.most_changes == 1_800 - 1_440


@pytest.mark.parametrize(
    ("seconds", "words"), [(59, "59 s"), (60, "1 min"), (3_723, "1 h 2 min 3 s"), (0, "0 s")]
)
def test_durations_are_written_in_words(seconds: int, words: str) -> None:
    assert spoken(seconds) == words
