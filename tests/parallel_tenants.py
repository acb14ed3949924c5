"""200 tests of a project of its own, each with its tenant, eight at once on one sandbox, ten times in a row.

`make parallel` runs it without faults, and then with faults that a share of the calls meets. All tests have
to pass in every round, and each test has to see the same in every round: IDs, times, statuses and faults.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from mock_server.testing import started

TESTS, WORKERS, ROUNDS = 200, 8, 10
PROJECT = """
import os
from pathlib import Path

import pytest

ITEM = {"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}


def answer(client, method, path, statuses, **options):
    # Repeat a call while the vendor is down, as the code under test would.
    for _ in range(50):
        response = client.request(method, path, **options)
        statuses.append(response.status_code)
        if response.status_code != 503:
            return response
    raise AssertionError("The vendor stays down.")


@pytest.mark.parametrize("number", range(int(os.environ["TESTS"])))
def test_tenants_never_meet(returns_tenant, returns_webhooks, number):
    statuses, order = [], f"#{2000 + number}"
    if os.environ["FAULTS"] == "yes":
        returns_tenant.faults.add("unavailable", share=0.3)
    with returns_tenant.client("returngo") as shop, returns_tenant.client("returnmate") as client:
        webhook = {"url": returns_webhooks.url, "eventName": "RMA_CREATED"}
        assert answer(shop, "POST", "/webhook", statuses, json=webhook).status_code == 200
        created = returns_tenant.create_return("returngo", items=[ITEM])
        body = {"order_number": order, "customer_email": f"n{number}@example.com", "items": [ITEM]}
        mine = answer(client, "POST", "/rmas", statuses, json=body)
        assert mine.status_code == 201, mine.text
        rma = mine.json()["data"]["id"]
        now = returns_tenant.clock.advance(f"{1 + number % 5}d")
        listed = answer(client, "GET", "/rmas", statuses, params={"per_page": 100}).json()
    assert (listed["meta"]["total"], len(listed["data"])) == (26, 26)
    assert [row["id"] for row in listed["data"] if row["order_number"] == order] == [rma]
    assert all(created.id in str(hook.json()) for hook in returns_webhooks.wait(1))
    newest = [event.subject for event in returns_tenant.ledger(kind="return.created")][-2:]
    assert newest == [created.id, rma]
    seen = (rma, created.id, now.isoformat(), *statuses)
    Path(os.environ["SEEN"], str(number)).write_text(" ".join(map(str, seen)))
"""
COMMAND = [sys.executable, "-m", "pytest", "-q", "-n", str(WORKERS), "-p", "no:cacheprovider", "--tb=short"]


def main() -> int:
    """Run all rounds; return 1 if a test fails, or sees something else than in the first round."""
    with TemporaryDirectory(prefix="parallel-") as name:
        folder = Path(name)
        (folder / "test_parallel.py").write_text(PROJECT, "utf-8")
        return max(repeated(folder, faults=faults) for faults in (False, True))


def repeated(folder: Path, *, faults: bool) -> int:
    """Run the rounds with or without faults, and print a line for each; return 1 as soon as one fails."""
    first: dict[str, str] = {}
    for number in range(1, ROUNDS + 1):
        begin = perf_counter()
        code, seen = once(folder, faults=faults)
        first = first or seen
        differing = sum(seen[test] != first.get(test) for test in seen)
        refused = sum(statuses.split().count("503") for statuses in seen.values())
        say(
            f"Round {number} {'with' if faults else 'without'} faults: {len(seen)} of {TESTS} tests pass in "
            f"{perf_counter() - begin:.0f} s, {refused} calls met a fault, {differing} tests saw something "
            "else than in the first round."
        )
        if code or len(seen) != TESTS or differing or bool(refused) != faults:
            return 1
    return 0


def once(folder: Path, *, faults: bool) -> tuple[int, dict[str, str]]:
    """Run all tests on a new sandbox; return 0 if they pass and leave no tenant, and what each test saw."""
    seen = folder / "seen"
    seen.mkdir(exist_ok=True)
    for file in seen.iterdir():
        file.unlink()
    variables = {"TESTS": str(TESTS), "SEEN": str(seen), "FAULTS": "yes" if faults else "no"}
    with started("--first-moment", "2026-03-02T09:00:00Z") as sandbox:
        variables["RETURNS_SANDBOX_URL"] = sandbox.url
        done = subprocess.run(
            COMMAND, cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, check=False
        )
        left = [tenant.name for tenant in sandbox.tenants() if tenant.name != "demo"]
    if done.returncode:
        say(done.stdout[-6_000:])
    if left:
        say(f"Tenants that are left: {', '.join(left)}")
    return int(bool(done.returncode or left)), {file.name: file.read_text("utf-8") for file in seen.iterdir()}


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
