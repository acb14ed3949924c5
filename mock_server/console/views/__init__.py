"""The console's views: one module per subject, each with a Flask blueprint."""

from typing import Final

from mock_server.console.views.clock import clock
from mock_server.console.views.faults import faults
from mock_server.console.views.keys import keys
from mock_server.console.views.ledger import ledger
from mock_server.console.views.login import login
from mock_server.console.views.overview import overview
from mock_server.console.views.requests import requests
from mock_server.console.views.returns import returns
from mock_server.console.views.snapshots import snapshots
from mock_server.console.views.switches import switches
from mock_server.console.views.tenants import tenants
from mock_server.console.views.webhooks import webhooks

VIEWS: Final = (
    login,
    tenants,
    snapshots,
    overview,
    returns,
    requests,
    webhooks,
    ledger,
    clock,
    faults,
    switches,
    keys,
)
