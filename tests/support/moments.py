"""The first moment of every tenant that a test seeds: no test depends on the day it runs."""

from datetime import datetime
from typing import Final

FIRST_MOMENT: Final = "2026-03-02T12:00:00Z"
STARTS: Final = datetime.fromisoformat(FIRST_MOMENT)
