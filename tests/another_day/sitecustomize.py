"""Shifts the clock of every process that the tests start by `ANOTHER_DAY` seconds.

`make test-days` puts this folder first on PYTHONPATH; Python imports a module of this name when it starts.
"""

import os
import time
from datetime import UTC, datetime, timedelta

if ahead := os.environ.get("ANOTHER_DAY"):
    import time_machine

    there = datetime.now(UTC) + timedelta(seconds=int(ahead))  # noqa: TID251 - this is where the day comes from
    traveller = time_machine.travel(there, tick=True).start()
    # Starting takes a fraction of a second, which differs between processes. All processes must show the
    # same time, as they do on a real day: records are compared with the time at which a watch started.
    shift = time.time() - time_machine.escape_hatch.time.time()  # noqa: TID251 - the shift in fact
    traveller.shift(int(ahead) - shift)
