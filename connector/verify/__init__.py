"""Compares the responses for a real account with the vendor's specification (`returns verify`).

`run.Verification` sends at most a stated number of requests, and collects differences and confirmations in a
`Report`, which consists of names, types and counts. No value of a response is stored, printed or logged,
except new values of fields that the specification declares as enums.
"""
