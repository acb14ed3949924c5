"""Shifts the clock of every process that the tests start by `ANOTHER_DAY` seconds.

`make test-days` puts this folder first on PYTHONPATH; Python imports a module of this name when it starts.
"""

import os
from datetime import UTC, datetime, timedelta

if ahead := os.environ.get("ANOTHER_DAY"):
    import time_machine

    there = datetime.now(UTC) + timedelta(seconds=int(ahead))  # noqa: TID251 - this is where the day comes from
    time_machine.travel(there, tick=True).start()
