"""Seed data that is copied from a template equals seed data that is generated for the tenant."""

import asyncio
import gc
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from support.each import each
from support.stored import everything, run
from support.worlds import HOUR, NOON, open_world

import mock_server.layouts
from mock_server.bulk import Bulk

OPTIONS: dict[str, Any] = {"seed": 3, "seed_size": 25, "first_moment": NOON}


@pytest.mark.parametrize(
    "options",
    [
        OPTIONS,
        {"seed": 8, "seed_size": 60, "first_moment": NOON + 37 * HOUR, "frozen": True},
        {"seed": 1, "seed_size": 1, "first_moment": NOON},
        {"seed_size": 0, "first_moment": NOON},
    ],
)
@pytest.mark.parametrize("name", ["acme", "another-shop-with-a-long-name"])
def test_copied_tenant_equals_a_generated_one(
    name: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_world(secret="s") as one, open_world(secret="s") as two:
        one.tenants.create(name, **options)
        expected = everything(one.world.store, name)

        async def story(bulk: Bulk) -> None:
            await bulk.create("first", **options)
            monkeypatch.setattr("mock_server.layouts.seed.returns", None)  # from here on, all is copied
            await bulk.create(name, **{**options, "plan": "starter", "limits": "off"})
            assert everything(two.world.store, name) == expected
            two.world.clocks.advance(name, NOON + 60 * 24 * HOUR)
            assert not options["seed_size"] or everything(two.world.store, name) != expected
            await bulk.reset(name)
            assert everything(two.world.store, name) == expected

        run(two, story)
        assert two.tenants.stray_partitions() == []


def test_labels_of_a_copied_tenant_open() -> None:
    with open_world() as opened:

        async def story(bulk: Bulk) -> None:
            for name in ("first", "acme"):
                await bulk.create(name, **OPTIONS)

        run(opened, story)
        labels = opened.world.labels
        for shipment in each(list(opened.world.store.rows("acme", "returnmate", "shipment"))):
            url = labels.address("returnmate", "acme", shipment.id)
            assert url.encode() in shipment.document
            target = labels.read(url.removeprefix(labels.base_url))
            assert target is not None
            assert (target.tenant, target.shipment) == ("acme", shipment.id)
        returns = list(opened.world.store.rows("acme", "returnmate", "return"))
        assert all(b"/first/" not in row.document for row in each(returns))


def test_template_is_used_for_the_same_first_moment_only() -> None:
    with open_world(secret="s") as one, open_world(secret="s") as two:
        later = {**OPTIONS, "first_moment": NOON + 1_000_000}
        one.tenants.create("acme", **later)

        async def story(bulk: Bulk) -> None:
            await bulk.create("first", **OPTIONS)
            await bulk.create("acme", **later)

        run(two, story)
        assert everything(two.world.store, "acme") == everything(one.world.store, "acme")


def test_data_for_real_time_is_not_kept() -> None:
    with open_world() as opened:

        async def story(bulk: Bulk) -> None:
            await bulk.create("acme", seed_size=3)
            assert bulk.layouts.size == 0
            await bulk.create("other", seed_size=3, first_moment=NOON)
            assert bulk.layouts.size > 0

        run(opened, story)


def test_concurrent_tenants_generate_their_data_once(monkeypatch: pytest.MonkeyPatch) -> None:
    generated: list[str] = []
    write = mock_server.layouts._write_template

    def counted(scratch: Any, vendor: str, *rest: Any) -> Any:
        generated.append(vendor)
        return write(scratch, vendor, *rest)

    monkeypatch.setattr(mock_server.layouts, "_write_template", counted)
    with open_world() as opened:

        async def story(bulk: Bulk) -> None:
            await asyncio.gather(*(bulk.create(f"acme{number}", **OPTIONS) for number in range(6)))

        run(opened, story)
        assert sorted(generated) == sorted(opened.vendors)
        contents = [everything(opened.world.store, f"acme{number}") for number in range(6)]
        assert all(each(contents[0].values()))
        assert all(content["counters"] == contents[0]["counters"] for content in each(contents))


def test_memory_of_templates_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_world() as opened:

        async def story(bulk: Bulk) -> None:
            await bulk.create("a0", **OPTIONS)
            one = bulk.layouts.size
            monkeypatch.setattr(mock_server.layouts, "MAX_BYTES", 2 * one)
            for number in range(1, 5):
                await bulk.create(f"a{number}", **{**OPTIONS, "seed": number})
                assert bulk.layouts.size <= 2 * one
            expected = everything(opened.world.store, "a0")
            await bulk.reset("a0")  # its template was dropped
            assert everything(opened.world.store, "a0") == expected

        run(opened, story)


def test_size_of_a_template_is_about_what_it_takes() -> None:
    with open_world() as opened:

        async def story(bulk: Bulk) -> None:
            await bulk.create("warm", **{**OPTIONS, "seed": 4})
            gc.collect()
            tracemalloc.start()
            before = bulk.layouts.size
            await bulk.create("acme", **OPTIONS)
            gc.collect()
            taken = sum(
                trace.size
                for trace in tracemalloc.take_snapshot().traces
                if any(Path(frame.filename).parent.name in {"layouts", "store"} for frame in trace.traceback)
            )
            tracemalloc.stop()
            assert 0.5 < (bulk.layouts.size - before) / taken < 2

        run(opened, story)
