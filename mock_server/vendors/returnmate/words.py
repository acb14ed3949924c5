"""Lists the strings in seeded records that depend on the tenant: hashes in IDs, and label URLs."""

from collections.abc import Callable
from typing import Final

import orjson

from mock_server.labels import PREFIX, Labels
from mock_server.store import Store
from mock_server.vendors.returnmate.documents import identify, part_id
from mock_server.vendors.returnmate.facts import NAME

PATTERN: Final = rf'(?<=_)[0-9a-f]{{12}}|https?://[^"\s]+{PREFIX}{NAME}/[^"\s]+'
"""Matches the hash in an ID, or the URL of a label. The IDs of a record's parts contain the record's hash."""


def tenant_words(store: Store, tenant: str, labels: Labels) -> Callable[[str], list[str]]:
    """Return a function that accepts a tenant's name and lists its versions of the strings.

    See `TenantWords.tenant_words`.
    """
    returns: list[tuple[str, int, int]] = []
    for row in store.rows(tenant, NAME, "return"):
        number = int(orjson.loads(row.document)["rma_number"].rpartition("-")[2])
        returns.append((row.id, number, row.created_at))
    places = {id_: place for place, (id_, _, _) in enumerate(returns)}
    shipments = {row.id: places[row.parent] for row in store.rows(tenant, NAME, "shipment")}
    scans = [
        (row.parent, orjson.loads(row.document)["status"], row.created_at)
        for row in store.rows(tenant, NAME, "tracking_event")
    ]
    refunds = [places[row.parent] for row in store.rows(tenant, NAME, "refund")]

    def words(other: str) -> list[str]:
        ids = [identify("return", other, number, at) for _, number, at in returns]
        labelled = {id_: part_id("shipment", ids[place], 0) for id_, place in shipments.items()}
        hashes = [
            *ids,
            *(identify("tracking_event", labelled[id_], status, at) for id_, status, at in scans),
            *(identify("refund", ids[place]) for place in refunds),
        ]
        urls = [labels.address(NAME, other, id_) for id_ in labelled.values()]
        return [*(id_.rpartition("_")[2] for id_ in hashes), *urls]

    return words
