"""A restart forgets the cursor, so what happened since the last poll counts as old."""

from pathlib import Path

from support.certificate.crashes import CrashingCursors
from support.certificate.exhibits import Exhibit
from support.certificate.python import Python


class ForgetsOnRestart(CrashingCursors):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._database.execute("delete from cursors")


EXHIBIT = Exhibit(
    cited=("activepieces/activepieces#13311", "n8n-io/n8n#35251"),
    vendor="swap",
    trigger="return_status_changed",
    caught_by="nothing_lost",
    polling=Python(cursors=ForgetsOnRestart),
)
