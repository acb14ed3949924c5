"""What a carrier does as time passes: it scans the parcels that are under way."""

from mock_server.store import Change

Scans = tuple[tuple[int, str], ...]
"""How long after the label was made (µs) a parcel is scanned, and what the vendor calls it; in that order."""


def schedule_scans(
    change: Change, tenant: str, vendor: str, subject: str, scans: Scans, *, last: str, made: int, start: int
) -> None:
    """Schedule the scans of a parcel whose label was `made`, after its `last` one and after `start`.

    What was due before `start` comes as far apart as the first scan is from the label. The step is `scan`,
    its body `status`.
    """
    words = [word for _, word in scans]
    coming = scans[words.index(last) + 1 :] if last in words else scans
    for place, (later, word) in enumerate(coming, start=1):
        due = max(made + later, start + place * scans[0][0])
        change.schedule(tenant, vendor, due=due, step="scan", subject=subject, body={"status": word})
