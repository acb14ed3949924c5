"""`kill -9` during writes: acknowledged changes are stored, and no change is stored in part."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mock_server.ledger import Ledger
from mock_server.store import Store

KILLS = 5
WRITER = """
import sys
from mock_server.store import Row, Store
from mock_server.ledger import Ledger

store = Store.open(sys.argv[1])
number = Ledger(store).last("acme")
while True:
    number += 1
    with store.change() as change:
        id_ = f"r{number}"
        owner = ("acme", "shop")
        change.put(Row(*owner, "return", id_, "new", "requested", number, number, b"s" * 700, b"d" * 1800))
        change.record(*owner, kind="return.created", subject=id_, at=number, body={"status": "pending"})
    sys.stdout.write(id_ + "\\n")
    sys.stdout.flush()
"""


def write_until_killed(url: str, acknowledgements: int) -> list[str]:
    """Kill a writing process after some acknowledgements; return everything it sent."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    seen = [writer.stdout.readline().strip() for _ in range(acknowledgements)]
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.stdout.read()
    writer.stdout.close()
    assert writer.wait() == -signal.SIGKILL
    return seen + [line for line in rest.split("\n")[:-1] if line]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL on this platform")
def test_killed_writer_loses_no_acknowledged_write(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sandbox.db'}"
    acknowledged: list[str] = []
    for kill in range(KILLS):
        acknowledged += write_until_killed(url, 150 + 37 * kill)
        store = Store.open(url)
        rows = {one.id for one in store.rows("acme", "shop", "return")}
        events = Ledger(store).events("acme")
        counted = store.totals("acme", "shop", "return")
        store.close()
        assert set(acknowledged) <= rows
        assert {event.subject for event in events} == rows
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        assert counted == {"new": len(rows)}
    assert len(acknowledged) == len(set(acknowledged)) > KILLS * 150
