"""Compares what a real account answers with the vendor's specification (`returns verify`).

`run.verify` reads the account within a stated number of calls and returns a `Report` of differences and
confirmations. They consist of names, types and counts: except for values of fields that the specification
declares as enums, no value of a response is kept, printed, logged or written.
"""
