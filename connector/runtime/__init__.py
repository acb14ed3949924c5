"""Runs an `Integration` against a vendor's API: operations, actions, searches, dropdowns and triggers.

`Connection` provides all of them for one account. `Runner` polls a trigger durably: it stores the trigger's
cursor and undelivered events in a file.
"""
