"""Simulates carriers by scheduling the tracking scans of parcels."""

from mock_server.store import Change

Scans = tuple[tuple[int, str], ...]
"""A parcel's scans in order, as pairs: the time since the label was created (µs), and the status at the
vendor."""


def schedule_scans(
    change: Change, tenant: str, vendor: str, subject: str, scans: Scans, *, last: str, made: int, start: int
) -> None:
    """Schedule the scans of a parcel that come after the scan with the status `last`.

    If no scan has this status, all scans are scheduled. `scans` contains pairs of a delay (µs after `made`)
    and a status, and `made` is the time at which the label was created. `subject` is the ID of the record to
    which the parcel belongs. Each scan is a scheduled step with the name `scan` and the body `{"status": …}`.

    No scan is scheduled before `start`. If scans would be due earlier, they are postponed: the first is due
    one interval after `start`, the second two intervals after it, and so on. The interval is the time from
    `made` to the first scan. `made` and `start` are in microseconds since the Unix epoch.
    """
    statuses = [status for _, status in scans]
    remaining = scans[statuses.index(last) + 1 :] if last in statuses else scans
    for number, (delay, status) in enumerate(remaining, start=1):
        due = max(made + delay, start + number * scans[0][0])
        change.schedule(tenant, vendor, due=due, step="scan", subject=subject, body={"status": status})
