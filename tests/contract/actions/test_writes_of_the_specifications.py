"""Every write of every specification is among the writes that are tested, and nothing is left out unseen."""

from pathlib import Path

import pytest
from support.actions.faults import FAULTS, TIMEOUTS
from support.actions.writes import METHODS, writes

import openapi
from mock_server.faults.kinds import KINDS

KEY_HEADERS = {"idempotency-key", "x-idempotency-key"}
NOT_LOST = {
    "latency": "the answer arrives",
    "slow_body": "the answer arrives, or the time is up, which is `timeout`",
}
"""The faults of requests that are left out, and why."""


def described(vendor: str) -> dict[str, dict[str, object]]:
    return {
        item[method]["operationId"]: item[method]
        for item in openapi.read(vendor)["paths"].values()
        for method in METHODS
        if method in item
    }


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_all_writes_are_tested_but_requests_for_a_token(vendor: str) -> None:
    tested = {one.operation.id for one in writes() if one.vendor == vendor}
    left_out = described(vendor).keys() - tested
    assert tested
    assert tested <= described(vendor).keys()
    assert len(left_out) <= 1
    for name in left_out:  # may be empty: a vendor with keys needs no token
        assert described(vendor)[name]["security"] == []


def test_all_faults_of_requests_are_tested() -> None:
    tested = {one.what for one in (*FAULTS, *TIMEOUTS)}
    known = {name for name, kind in KINDS.items() if kind.target == "requests"}
    assert tested | NOT_LOST.keys() == known
    assert not tested & NOT_LOST.keys()


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_no_vendor_documents_an_idempotency_key(vendor: str) -> None:
    """If one does, the connector has to send it, and a write that is repeated with the same key is safe."""
    assert "name:" in yaml_text(vendor)
    assert [name for name in KEY_HEADERS if f"name: {name}" in yaml_text(vendor)] == []


def yaml_text(vendor: str) -> str:
    return (Path(openapi.__file__).parent / f"{vendor}.yaml").read_text("utf-8").lower()
