"""The start time of every seeded tenant in tests, so that no test depends on the day."""

from datetime import datetime
from typing import Final

FIRST_MOMENT: Final = "2026-03-02T12:00:00Z"
STARTS: Final = datetime.fromisoformat(FIRST_MOMENT)
