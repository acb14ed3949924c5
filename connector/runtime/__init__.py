"""An `Integration` at work: its operations, actions, searches, dropdowns and triggers, run against a vendor.

`Connection` holds them for one login; `Runner` polls a trigger durably, with its cursor kept in a file.
"""
