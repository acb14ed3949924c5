"""Responses that a vendor may give, generated from its specification by Schemathesis and Hypothesis.

`documented.py` reads the responses, `variants.py` changes one place of a valid body at a time,
`undocumented.py` lists what services send besides, `vendor.py` serves an answer, `uses.py` lists what the
connector does with an operation, and `served.py` serves each answer to each use and judges the result.
"""
