"""The matrix: vendors × runtimes × scenarios, with one test per cell."""

import pytest
from support.matrix.apps import MatrixApps
from support.matrix.limits import limit
from support.matrix.scenarios import SCENARIOS, Scenario
from support.matrix.table import runtimes

from mock_server import vendors


@pytest.mark.parametrize("vendor", vendors.names())
@pytest.mark.parametrize("runtime", runtimes())
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_cell(apps: MatrixApps, vendor: str, runtime: str, scenario: Scenario) -> None:
    app = apps.app(vendor, runtime, assumed=scenario.assumed)
    why = limit(vendor, runtime, scenario.name)
    if why:
        assert not scenario.need(app), f"{scenario.name} can run: remove the limit"
        pytest.skip(why)
    assert scenario.need(app), f"{scenario.name} cannot run: add a limit"
    scenario.play(app, app.shop)
    assert app.shop.proxy.broken == []
