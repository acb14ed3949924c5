"""Faults: errors that a tenant's clients meet on purpose, on a schedule that can be replayed."""
