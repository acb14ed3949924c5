"""The schedule of faults: the same for the same seed, in another process and in parallel."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.faulty import tenant_of
from support.sandbox import Sandbox as Running

from mock_server.faults.schedule import Condition, draw
from mock_server.testing import Sandbox, Tenant

CALLS = 60
NAME = ("acme", "returnmate", "list_returns", "server_error")
PROGRAM = f"""
from mock_server.faults.schedule import Condition
condition = Condition(share=0.3, seed=7)
print([number for number in range(1, {CALLS + 1}) if condition.holds(number, *{NAME!r})])
"""


@pytest.fixture(scope="module")
def client(sandbox: Running) -> Iterator[Sandbox]:
    with Sandbox(sandbox.url) as found:
        yield found


def failing(tenant: Tenant, calls: int = CALLS, *, workers: int = 1) -> list[int]:
    """Call a list in several threads, and return the statuses in the order in which the calls began."""
    with tenant.client("returnmate") as http, ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda _: http.get("/rmas").status_code, range(calls)))


def test_draws_are_the_same_in_another_process() -> None:
    condition = Condition(share=0.3, seed=7)
    here = [number for number in range(1, CALLS + 1) if condition.holds(number, *NAME)]
    command = [sys.executable, "-c", PROGRAM]
    there = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert there.strip() == str(here)
    assert here[:6] == [9, 11, 14, 20, 21, 22], "as on every other machine"


def test_draws_differ_by_each_part_of_the_name_and_are_even() -> None:
    changed = [(*NAME[:index], "other", *NAME[index + 1 :]) for index in range(len(NAME))]
    assert len({draw(7, *name, 1) for name in [NAME, *changed]} | {draw(8, *NAME, 1)}) == len(NAME) + 2
    drawn = [draw(7, *NAME, number) for number in range(10_000)]
    assert 0 <= min(drawn) < max(drawn) < 1  # may be zero: half of the draws are checked below
    assert 0.28 < sum(number < 0.3 for number in drawn) / len(drawn) < 0.32


def test_share_fires_for_the_drawn_calls(client: Sandbox) -> None:
    with tenant_of(client, name="drawn", seed_size=0, seed=5) as tenant:
        fault = tenant.faults.add("server_error", vendor="returnmate", share=0.3)
        condition = Condition(share=0.3, seed=5)
        name = ("drawn", "returnmate", "list_returns", "server_error")
        expected = [500 if condition.holds(number, *name) else 200 for number in range(1, CALLS + 1)]
        assert failing(tenant) == expected
        assert tenant.faults.get(fault.id).fired == expected.count(500) > 0
        tenant.faults.clear()
        tenant.faults.add("server_error", vendor="returnmate", share=0.3)
        assert failing(tenant) == expected, "a new fault counts from the beginning"


def test_parallel_calls_meet_as_many_faults(client: Sandbox) -> None:
    with tenant_of(client, name="parallel", seed_size=0) as tenant:
        fired = []
        for workers in (1, 8):
            tenant.faults.clear()
            fault = tenant.faults.add("server_error", vendor="returnmate", share=0.2, seed=3)
            with tenant.client("returnmate") as http, ThreadPoolExecutor(2) as pool:
                others = [pool.submit(http.get, "/shipments") for _ in range(30)]
                statuses = failing(tenant, workers=workers)
                parcels = [one.result().status_code for one in others]
            fired.append((statuses.count(500), parcels.count(500)))
            assert tenant.faults.get(fault.id).fired == sum(fired[-1])
        assert fired[0] == fired[1]
        assert min(fired[0]) > 0
