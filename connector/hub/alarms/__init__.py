"""Alarms: problems that need somebody, sent to a webhook or a command of the hub's owner.

`conditions` finds the problems that exist now, `silence` the lists that report less than usual, `book` stores
when each problem began and ended, and `sending` reports both to the owner, with retries.
"""
