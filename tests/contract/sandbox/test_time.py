"""What time does to returns: nothing is scheduled for a return that has ended, and it stays as it is."""

import pytest
import sqlalchemy as sa
from contract.sandbox.documents import document
from contract.sandbox.served import ACME, Served, served
from contract.sandbox.state import State
from support.each import each

from mock_server import vendors
from mock_server.store import tables

VENDORS = vendors.names()
LONG = 60 * 86_400


def ways_to_end(vendor: str, status: str) -> list[list[str]]:
    """Return the shortest way from a status to each final status, by the document's table."""
    table: dict[str, list[str]] = document(vendor).raw["x-transitions"]["return"]
    ways: dict[str, list[str]] = {status: []}
    for before in (queue := [status]):
        for following in table[before]:
            if following not in ways:
                ways[following] = [*ways[before], following]
                queue.append(following)
    # A canceled return can be reopened, but only to the status that it had, so no way leads through it.
    return [way for end, way in ways.items() if way and not table[end] and not set(table[way[0]]) & {status}]


def scheduled(api: Served) -> list[str]:
    """Return the IDs of the returns for which something is scheduled, or for a parcel of which."""
    store = api.app.world.store
    query = sa.select(tables.steps.c.subject).where(tables.steps.c.tenant == store.partition(ACME))
    owners = []
    for (subject,) in store.select(query):
        parcel = store.row(ACME, api.vendor, "shipment", subject)
        owners.append(parcel.parent if parcel else subject)
    return list(dict.fromkeys(owners))


@pytest.mark.parametrize("vendor", VENDORS)
def test_ended_return_has_no_steps_and_stays_as_it_is(vendor: str) -> None:
    with served(vendor, seed_size=40) as api:
        store, ended = api.app.world.store, {}
        for number, id_ in enumerate(each(scheduled(api))):
            row = store.row(ACME, vendor, "return", id_)
            assert row is not None
            ways = ways_to_end(vendor, row.status)
            if not ways:
                continue
            for status in ways[number % len(ways)]:
                path = f"/tenants/{ACME}/returns/{id_}/move"
                api.control("POST", path, json={"vendor": vendor, "status": status})
            ended[id_] = ways[number % len(ways)][-1]
        before = State.read(store, ACME, vendor)
        assert not set(scheduled(api)) & set(ended)
        api.advance(LONG)
        after = State.read(store, ACME, vendor)
        for id_, status in each(ended.items()):
            key = ("return", id_)
            assert after.rows[key] == before.rows[key]
            assert after.rows[key][0] == status
        assert len(set(ended.values())) > 1 or vendor == "exsited"
