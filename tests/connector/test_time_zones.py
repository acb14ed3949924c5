"""A moment or a date means the same in every time zone of the machine; without an offset it is refused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.any_operation import opened
from support.example_inputs import required_inputs
from support.fake_vendor import Time

from connector.definition.compiler import integration, vendors
from connector.errors import ConnectorError, ValidationFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.definition.model import InputField

pytestmark = pytest.mark.anyio

ZONES = ("UTC", "Australia/Sydney", "America/Los_Angeles")
MOMENT = "2026-02-01T23:30:00Z"
EQUAL = ("2026-02-02T09:30:00+10:00", "2026-02-01T15:30:00-08:00", MOMENT)
"""The same moment, as an owner may write it."""
STEPS = [
    (vendor, kind, key, field.key)
    for vendor in vendors()
    for kind in ("searches", "actions")
    for key, step in getattr(integration(vendor), kind).items()
    for field in step.inputs
    if field.type in {"datetime", "date"}
]


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Set the machine's time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


async def sent(vendor: str, kind: str, key: str, **given: Any) -> str:
    """Return what a step sends first: path, query and body."""
    requests: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(404)

    connection = opened(vendor, reply, Time())
    step = getattr(connection, kind)[key]
    fields: tuple[InputField, ...] = getattr(integration(vendor), kind)[key].inputs
    try:
        await step(**{**required_inputs(fields), **given})
    except ValidationFailed:
        raise
    except ConnectorError:
        assert requests, "nothing was sent"
    return f"{requests[0].url} {requests[0].content.decode()}"


@pytest.mark.parametrize(("vendor", "kind", "key", "name"), STEPS)
async def test_equal_moments_are_sent_equally(vendor: str, kind: str, key: str, name: str, zone: str) -> None:
    inputs = getattr(integration(vendor), kind)[key].inputs
    (field,) = (one for one in inputs if one.key == name)
    forms = EQUAL if field.type == "datetime" else ("2026-02-01",)
    wires = {await sent(vendor, kind, key, **{name: form}) for form in forms}
    assert len(wires) == 1, f"in {zone}: {wires}"
    (wire,) = wires
    assert "2026-02-01" in wire
    assert field.type == "date" or "23%3A30" in wire or "23:30" in wire


@pytest.mark.parametrize(("vendor", "kind", "key", "name"), STEPS)
async def test_moment_without_an_offset_is_refused_and_a_date_is_not(
    vendor: str, kind: str, key: str, name: str, zone: str
) -> None:
    for plain in ("2026-02-01T23:30:00", "2026-02-01 23:30"):
        with pytest.raises(ValidationFailed, match=f"{name} must be a "):
            await sent(vendor, kind, key, **{name: plain})


def test_every_vendor_with_dates_is_covered() -> None:
    assert len({vendor for vendor, *_ in STEPS}) >= 3
