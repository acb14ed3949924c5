"""Runs an `Integration` against a vendor: operations, actions, searches, dropdowns and triggers.

`Connection` holds them for one login; `Runner` polls a trigger durably, with its cursor and events in a file.
"""
