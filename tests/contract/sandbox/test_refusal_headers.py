"""A refusal for too many requests says when to try again, if and only if the document says so."""

from __future__ import annotations

import pytest
from contract.sandbox.documents import Operation, document
from contract.sandbox.served import ACME, served

from connector.definition.compiler import integration
from mock_server import vendors


def probed(vendor: str) -> Operation:
    return document(vendor).operations[integration(vendor).authentication.test_operation]


LIMITED = [vendor for vendor in vendors.names() if "429" in probed(vendor).raw["responses"]]


@pytest.mark.parametrize("vendor", LIMITED)
def test_retry_after_is_sent_if_it_is_documented(vendor: str) -> None:
    operation, made = probed(vendor), integration(vendor)
    headers = document(vendor).resolve(operation.raw["responses"]["429"]).get("headers", {})
    paging = made.paging.get(made.operations[operation.id].paging or "")
    query = [(paging.size_parameter, "1")] if paging else []
    with served(vendor, ACME, seed_size=1, limits="on") as api:
        few = {"windows": {"minute": 1}}
        api.control("PATCH", f"/tenants/{ACME}/keys/{vendor}/observer", json=few)
        answers = [api.call(operation, query=query) for _ in range(4)]
    assert answers[-1].status == 429
    sent = {name.lower() for name, _value in answers[-1].headers}
    assert ("retry-after" in sent) == ("retry-after" in {name.lower() for name in headers})


def test_vendors_have_limits() -> None:
    assert LIMITED
