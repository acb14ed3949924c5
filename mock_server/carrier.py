"""Simulates carriers: schedules the scans of parcels in transit."""

from mock_server.store import Change

Scans = tuple[tuple[int, str], ...]
"""The scans of a parcel in order: µs after the label was created, and the vendor's word for the status."""


def schedule_scans(
    change: Change, tenant: str, vendor: str, subject: str, scans: Scans, *, last: str, made: int, start: int
) -> None:
    """Schedule the remaining scans of a parcel, those that follow the status `last`.

    `made` is when the label was created. Scans that would be due before `start` are scheduled after it,
    spaced like label and first scan. Each is a step `scan` with the body `{"status": …}`.
    """
    statuses = [status for _, status in scans]
    remaining = scans[statuses.index(last) + 1 :] if last in statuses else scans
    for number, (delay, status) in enumerate(remaining, start=1):
        due = max(made + delay, start + number * scans[0][0])
        change.schedule(tenant, vendor, due=due, step="scan", subject=subject, body={"status": status})
