"""The scenarios of the matrix in the stand-in for n8n's engine; `make n8n-test` plays all of them in n8n."""

from collections.abc import Mapping

import pytest
from support.matrix.apps import MatrixApps
from support.matrix.limits import limit
from support.matrix.scenarios import SCENARIOS, Scenario
from support.n8n import uses_engine

from mock_server import vendors

LEFT_OUT: Mapping[str, str] = {
    "burst_of_150": "It creates 150 records.",
    "filters_on_page_2": "It creates more than a page of records, of which ReturnGO has 500.",
    "login_lost_mid_run": "It creates more than a page of records, of which ReturnGO has 500.",
    "more_than_a_page": "It creates more than a page of records, of which ReturnGO has 500.",
    "no_secret_in_logs": "What a login test shows is written by n8n itself.",
    "slow_vendor": "It waits.",
}
"""Scenarios that only n8n's engine plays, with the reason."""
PLAYED = [one for one in SCENARIOS if one.name not in LEFT_OUT]


@pytest.mark.skipif(uses_engine(), reason="test_matrix.py plays the scenarios in n8n's engine")
@pytest.mark.parametrize("vendor", vendors.names())
@pytest.mark.parametrize("scenario", PLAYED, ids=lambda one: one.name)
def test_scenario_plays_without_the_engine(apps: MatrixApps, vendor: str, scenario: Scenario) -> None:
    app = apps.app(vendor, "n8n")
    if why := limit(vendor, "n8n", scenario.name):
        pytest.skip(why)
    scenario.play(app, app.shop)
    assert app.shop.proxy.broken == []


def test_scenarios_that_are_left_out_exist() -> None:
    assert LEFT_OUT.keys() <= {one.name for one in SCENARIOS}
