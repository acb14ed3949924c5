"""Two processes poll with the same cursor at the same time, so both deliver the same events."""

from collections.abc import Iterator
from contextlib import contextmanager

from support.certificate.crashes import CrashingCursors
from support.certificate.exhibits import Exhibit
from support.certificate.python import Python


class NeverLocked(CrashingCursors):
    @contextmanager
    def locked(self, profile: str, trigger: str) -> Iterator[None]:
        del profile, trigger
        yield


EXHIBIT = Exhibit(
    cited=("n8n-io/n8n#31837", "n8n-io/n8n#25381"),
    vendor="returnmate",
    trigger="return_approved",
    caught_by="nothing_twice",
    polling=Python(cursors=NeverLocked),
)
