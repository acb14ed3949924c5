"""A generated Zapier app sends inputs as the specification says.

Each create and search runs in Zapier's runtime with the inputs that are exactly on the limits of the
specification, and the request that arrives is compared with an independent serialization. `make contract`
runs the apps of all vendors, and `make test` two of them, because each starts a process of Node.
"""

from __future__ import annotations

import asyncio

import pytest
from support.each import each
from support.report_data import Row, record
from support.requests.tried import EXAMPLES
from support.requests.zapier import compared, offered

import openapi

VENDORS = openapi.vendors() if EXAMPLES else openapi.vendors()[-2:]


@pytest.mark.parametrize("vendor", VENDORS)
def test_inputs_are_sent_as_documented(vendor: str) -> None:
    found = asyncio.run(compared(vendor))
    rows = [
        Row(vendor, f"zapier {one.use}", one.case, "held" if one.arrived == one.wanted else "failed")
        for one in found
    ]
    record("requests", "Requests of the connector", rows)
    assert [str(one) for one in each(found) if one.arrived != one.wanted] == []
    assert {one.use for one in found} == offered(vendor)
