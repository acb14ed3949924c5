"""Two hubs on one PostgreSQL: killed, paused, and without their database."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from support.each import each
from support.hub_cluster import Cluster, Shop, connected_shop, running_cluster
from support.hub_process import HubProcess
from support.sandbox import Sandbox

takes_long = pytest.mark.skipif(
    os.environ.get("HUB_DATABASE") != "postgresql",
    reason="make certify runs it, with HUB_DATABASE=postgresql",
)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("hubs")) as running:
        yield running


@pytest.fixture
def cluster(started: Cluster) -> Cluster:
    """Return a cluster of two hubs: what a test has killed is started again."""
    started.start_missing()
    return started


@pytest.fixture
def shop(cluster: Cluster, sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Shop]:
    with connected_shop(sandbox, cluster, request.node.name.replace("_", "-")[5:45].rstrip("-")) as connected:
        yield connected


def check_order(shop: Shop, expected: dict[str, list[str]]) -> None:
    """Check that each status of each return arrived in order, under one ID; repetitions have the same ID."""
    first: dict[str, tuple[str, str]] = {}
    for id_, record, status in each(shop.received):
        assert first.setdefault(id_, (record, status)) == (record, status)
    arrived: dict[str, list[str]] = {}
    for record, status in first.values():
        arrived.setdefault(record, []).append(status)
    assert arrived == expected


def calls(hub: HubProcess, name: str) -> int:
    plans = hub.api.get("/plan").json()["logins"]
    [plan] = [one for one in plans if one["connections"] == [name]]
    sent: int = plan["sent_today"]
    return sent


def wait_for_health(hub: HubProcess, status: int) -> list[str]:
    """Wait until the health and the readiness of a hub are 200 or 503, and return its problems."""
    hub.wait(lambda: hub.api.get("/health").status_code == status)
    hub.wait(lambda: hub.api.get("/ready").status_code == status)
    problems: list[str] = hub.api.get("/ready").json()["problems"]
    return problems


def test_two_hubs_share_the_work_and_count_each_call_once(cluster: Cluster, shop: Shop) -> None:
    returns = [shop.new_return() for _ in range(3)]
    for id_ in each(returns):
        shop.move(id_, "processing")
    shop.wait(3)
    for id_ in each(returns):
        shop.move(id_, "completed")
    shop.wait(6)
    check_order(shop, {id_: ["processing", "completed"] for id_ in returns})
    assert len(shop.received) == 6
    for hub in each(cluster.hubs):
        assert wait_for_health(hub, 200) == []
        hub.pause()
    sent = shop.requests()
    for hub in cluster.hubs:
        hub.go_on()
    assert sent <= calls(cluster.hubs[0], shop.tenant)
    hub = cluster.hubs[0]
    hub.wait(lambda: calls(hub, shop.tenant) == shop.requests() == calls(hub, shop.tenant))


def test_a_hub_that_is_killed_loses_nothing(cluster: Cluster, shop: Shop) -> None:
    killed, other = cluster.hubs
    id_ = shop.new_return()
    other.pause()
    shop.receiver.answers.clear()
    shop.move(id_, "processing")
    shop.wait(1)
    # The delivery is under way in one process, which dies before it stores the answer.
    killed.kill()
    shop.move(id_, "completed")
    other.go_on()
    shop.receiver.wait(lambda: len(shop.received) >= 2, 60)
    shop.receiver.answers.set()
    shop.wait(2)
    check_order(shop, {id_: ["processing", "completed"]})
    assert wait_for_health(other, 200) == []
    sent, counted, sent_later = shop.requests(), calls(other, shop.tenant), shop.requests()
    assert sent <= counted
    # A call of the killed process can be counted, although it was never sent, and another one is under way.
    assert counted <= sent_later + 2


@takes_long
def test_a_hub_that_is_paused_past_its_lease_changes_nothing(cluster: Cluster, shop: Shop) -> None:
    paused, other = cluster.hubs
    id_ = shop.new_return()
    other.pause()
    shop.receiver.answers.clear()
    shop.move(id_, "processing")
    shop.wait(1)
    paused.pause()
    other.go_on()
    shop.receiver.wait(lambda: len(shop.received) >= 2, 60)
    shop.receiver.answers.set()
    shop.move(id_, "completed")
    shop.wait(2)
    settled = deliveries(other, shop)
    assert [one["state"] for one in settled] == ["delivered", "delivered"]
    paused.go_on()
    third = shop.new_return()
    shop.move(third, "processing")
    shop.wait(3)
    assert wait_for_health(paused, 200) == []
    check_order(shop, {id_: ["processing", "completed"], third: ["processing"]})
    assert [one for one in deliveries(other, shop) if one["record"] == id_] == settled


def deliveries(hub: HubProcess, shop: Shop) -> list[dict[str, Any]]:
    """Return the deliveries of a shop that have ended, newest first."""
    asked = {"subscription": shop.subscription}
    hub.wait(
        lambda: not hub.api.get("/deliveries", params={**asked, "state": "waiting"}).json()["deliveries"]
    )
    found: list[dict[str, Any]] = hub.api.get("/deliveries", params=asked).json()["deliveries"]
    return found


@takes_long
def test_an_outage_of_the_database_is_one_line_and_ends(cluster: Cluster, shop: Shop) -> None:
    id_ = shop.new_return()
    shop.move(id_, "processing")
    shop.wait(1)
    lines = [len(hub.lines) for hub in cluster.hubs]
    cluster.postgres.stop()
    for hub in each(cluster.hubs):
        [problem] = wait_for_health(hub, 503)
        assert problem.startswith("The hub's database cannot be used: ")
        answer = hub.api.get("/connections")
        assert answer.status_code == 503
        assert answer.json()["error"]["message"].startswith("The hub's database cannot be used: ")
    shop.move(id_, "completed")
    cluster.postgres.start()
    for hub in each(cluster.hubs):
        assert wait_for_health(hub, 200) == []
    shop.wait(2)
    check_order(shop, {id_: ["processing", "completed"]})
    for hub, before in each(list(zip(cluster.hubs, lines, strict=True))):
        assert len(hub.lines[before:]) == 2, hub.lines[before:]
        away, back = hub.lines[before:]
        assert " ERROR The hub's database cannot be used: " in away
        assert away.endswith(". The hub tries again.")
        assert back.endswith(" WARNING The hub's database works again.")
