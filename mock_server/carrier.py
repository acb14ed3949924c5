"""Simulates carriers by scheduling the tracking scans of parcels."""

from mock_server.store import Change

Scans = tuple[tuple[int, str], ...]
"""A parcel's scans in order. Each is a tuple of the time since the label was created (µs) and the vendor's
status."""


def schedule_scans(
    change: Change, tenant: str, vendor: str, subject: str, scans: Scans, *, last: str, made: int, start: int
) -> None:
    """Schedule the scans that follow the one with the status `last`, or all scans if none has this status.

    `made` is the time at which the label was created. No scan is scheduled before `start`. Both times are in
    microseconds since the Unix epoch. If scans would be due before `start`, they are postponed: the first is
    due one interval after `start`, the second two intervals after it, and so on. The interval is the time
    from the creation of the label to the first scan. Each scan is a scheduled step with the name `scan` and
    the body `{"status": …}`.
    """
    statuses = [status for _, status in scans]
    remaining = scans[statuses.index(last) + 1 :] if last in statuses else scans
    for number, (delay, status) in enumerate(remaining, start=1):
        due = max(made + delay, start + number * scans[0][0])
        change.schedule(tenant, vendor, due=due, step="scan", subject=subject, body={"status": status})
