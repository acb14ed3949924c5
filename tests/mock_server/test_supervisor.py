"""Background tasks that end are logged, reported by health, and restarted."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.each import each

from mock_server.app import create_app
from mock_server.settings import Settings
from mock_server.supervisor import STEADY, Supervisor
from mock_server.webhooks.sender import Sender


class Time:
    """A clock that sleeping advances; after a number of sleeps, the next one waits forever."""

    def __init__(self, sleeps: int) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []
        self._left = sleeps

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        if len(self.slept) > self._left:
            await asyncio.Event().wait()


Run = Callable[[], Coroutine[Any, Any, None]]


def supervise(time: Time, *runs: tuple[str, Run]) -> Supervisor:
    """Run tasks until they wait, then stop them."""
    supervisor = Supervisor(time.sleep, time)

    async def play() -> None:
        for name, run in runs:
            supervisor.start(name, run)
        for _ in range(50):
            await asyncio.sleep(0)
        await supervisor.stop()

    asyncio.run(play())
    return supervisor


async def forever() -> None:
    await asyncio.Event().wait()


async def fails() -> None:
    raise ValueError("a secret, perhaps")


async def ends() -> None:
    """End at once."""


def test_running_task_is_no_problem() -> None:
    time = Time(sleeps=0)
    assert supervise(time, ("that waits", forever)).problems() == []
    assert time.slept == []


def test_failed_task_is_restarted_with_growing_pauses(caplog: pytest.LogCaptureFixture) -> None:
    time = Time(sleeps=8)
    with caplog.at_level(logging.ERROR):
        supervise(time, ("that fails", fails), ("that waits", forever))
    assert time.slept == [1, 2, 5, 10, 30, 60, 60, 60, 60]
    logged = [one for one in caplog.records if "The background task that fails failed" in one.message]
    assert len(logged) == 9
    assert all(one.exc_info for one in each(logged))


def test_failure_is_reported_without_details_until_the_task_runs_steadily() -> None:
    time = Time(sleeps=5)
    calls = 0

    async def recovers() -> None:
        nonlocal calls
        calls += 1
        await (fails() if calls < 3 else forever())

    supervisor = supervise(time, ("that recovers", recovers))
    assert supervisor.problems() == [
        "The background task that recovers failed with ValueError, 2 times in a row. It runs again."
    ]
    time.now += STEADY - 1
    assert len(supervisor.problems()) == 1
    time.now += 1
    assert supervisor.problems() == []


def test_task_waiting_for_its_restart_is_reported() -> None:
    assert supervise(Time(sleeps=0), ("that ends", ends)).problems() == [
        "The background task that ends ended by itself, once. It will be restarted."
    ]


def test_cancelled_task_is_not_restarted() -> None:
    time = Time(sleeps=0)
    supervise(time, ("that waits", forever))
    assert time.slept == []


def test_health_reports_a_failed_sender_and_webhooks_continue(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[str] = []
    real = Sender.run

    async def dies_once(sender: Sender) -> None:
        runs.append("run")
        if len(runs) == 1:
            raise RuntimeError("gone")
        await real(sender)

    async def at_once(_seconds: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(Sender, "run", dies_once)
    app = create_app(Settings(seed_size=0, database="sqlite://"))
    monkeypatch.setattr(app.world.tasks, "_sleep", at_once)
    with TestClient(app, base_url="http://127.0.0.1:4010") as client:
        health = client.get("/__sandbox/health")
        assert health.status_code == 200
        assert health.json()["status"] == "degraded"
        assert health.json()["problems"] == [
            "The background task that sends webhooks failed with RuntimeError, once. It runs again."
        ]
        assert runs == ["run", "run"]
        monkeypatch.setattr(app.world.tasks, "_now", lambda: float("inf"))
        assert client.get("/__sandbox/health").json()["status"] == "ok"
    assert "The background task that sends webhooks failed" in caplog.text
