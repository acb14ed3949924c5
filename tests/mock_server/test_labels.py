"""Shipping labels: URLs that cannot be guessed, per vendor, rendered without blocking."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import sqlalchemy as sa
from support.each import each
from support.first_moment import STARTS
from support.worlds import NOON

import mock_server.pages.labels
from mock_server import vendors
from mock_server.app import Sandbox, create_app
from mock_server.labels import Labels
from mock_server.settings import Settings
from mock_server.store import tables

URL = "http://127.0.0.1:4010"
VENDOR = "returnmate"
LABELS = Labels.of(b"secret", URL)


@pytest.fixture(scope="module")
def app() -> Iterator[Sandbox]:
    """A sandbox with two tenants of the same seed."""
    made = create_app(Settings(database="sqlite://", seed_size=25, secret="s", first_moment=STARTS))
    for name in ("one", "two"):
        made.tenants.create(name, first_moment=NOON)
    yield made
    made.world.close()


def ask(app: Sandbox, url: str, method: str = "GET") -> httpx.Response:
    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=URL) as client:
            return await client.request(method, url)

    return asyncio.run(asked())


def addresses(app: Sandbox, tenant: str) -> dict[str, str]:
    """Return the label URLs in a tenant's documents, by parcel."""
    found = [orjson.loads(row.document) for row in app.world.store.rows(tenant, VENDOR, "shipment")]
    assert found
    return {shipment["id"]: shipment["label_url"] for shipment in found}


def test_every_label_has_its_own_url_that_cannot_be_guessed(app: Sandbox) -> None:
    one, two = addresses(app, "one"), addresses(app, "two")
    assert len({*one.values(), *two.values()}) == len(one) + len(two)
    for id_, address in each(one.items()):
        for guess in (
            address.replace("/one/", "/two/"),
            address.replace(id_, next(other for other in one if other != id_)),
            f"{URL}/labels/{VENDOR}/{id_}.pdf",
            address.rpartition("/")[0] + "/.pdf",
            address.rpartition("/")[0] + f"/{'a' * 24}.pdf",
        ):
            assert app.world.labels.read(guess.removeprefix(URL)) is None


def test_invalid_url_is_refused_without_a_query(app: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def looked(*_: object) -> None:
        raise AssertionError("the store was queried")

    monkeypatch.setattr(app.world.store, "document", looked)
    monkeypatch.setattr(app.world.store, "select", looked)
    (address, *_) = addresses(app, "one").values()
    for path in (
        address.replace(".pdf", "a.pdf"),
        f"/labels/{VENDOR}/one/%C3%A9/{'a' * 24}.pdf",
        "/labels/",
        "/labels//////",
    ):
        assert ask(app, path).status_code == 404


def test_label_is_found_by_an_index(app: Sandbox) -> None:
    rows = tables.rows
    query = sa.select(rows.c.document).where(
        *(rows.c[name] == name for name in ("tenant", "vendor", "kind", "id"))
    )
    text = str(query.compile(compile_kwargs={"literal_binds": True}))
    (plan,) = app.world.store._execute(f"EXPLAIN QUERY PLAN {text}").fetchall()
    assert "SEARCH rows USING INDEX" in plan[-1]


def test_labels_are_rendered_in_another_thread_and_head_has_the_size(
    app: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    drawn = mock_server.pages.labels._draw_label

    def noted(label: Any) -> bytes:
        threads.append(threading.get_ident())
        return drawn(label)

    monkeypatch.setattr(mock_server.pages.labels, "_draw_label", noted)
    (address, *_) = addresses(app, "one").values()
    whole, head = ask(app, address), ask(app, address, "HEAD")
    assert whole.content.startswith(b"%PDF-")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(whole.content)))
    assert threading.get_ident() not in threads
    assert len(threads) == 2
    assert ask(app, address, "POST").status_code in {404, 405}


def test_only_vendors_whose_documents_have_label_urls_serve_labels(app: Sandbox) -> None:
    rows = tables.rows
    told = app.world.store.select(
        sa.select(rows.c.vendor, rows.c.document).where(rows.c.tenant == app.world.store.partition("one"))
    )
    publishing = {vendor for vendor, document in told if f"{URL}/labels/".encode() in document}
    assert publishing == {VENDOR}
    for vendor in each(vendors.names()):
        for kind in ("shipment", "return"):
            for row in app.world.store.rows("one", vendor, kind):
                address = app.world.labels.address(vendor, "one", row.id)
                served = (vendor, kind) == (VENDOR, "shipment")
                assert (ask(app, address).status_code == 200) is served
                break


def test_labels_are_deleted_with_their_tenant_and_survive_a_restart(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path / 'sandbox.db'}", seed_size=25, first_moment=STARTS)
    first = create_app(settings)
    first.tenants.create("gone", first_moment=NOON)
    kept = next(iter(addresses(first, "gone").values()))
    first.world.close()
    again = create_app(settings)
    assert ask(again, kept).status_code == 200
    with again.world.store.change() as change:
        again.tenants.remove(change, "gone")  # its rows still exist
    assert ask(again, kept).status_code == 404
    again.world.close()


@pytest.mark.parametrize("shipment", ["shp_1", "a/b", "..", "ü", "a b", "\udc80"])
def test_any_id_is_recovered_from_its_url(shipment: str) -> None:
    if shipment == "\udc80":
        assert LABELS.read(f"/labels/x/y/{shipment}/z.pdf") is None
        return
    address = LABELS.address("x", "acme", shipment)
    path = httpx.URL(address).path
    place = LABELS.read(path)
    assert (place is not None and place.shipment == shipment) is ("/" not in shipment and shipment != "..")
