"""Mistakes that somebody could make in the connector or in a generated app, and who has to notice each.

A list per place: `python.py`, `zapier.py`, `make.py`. `tests/matrix/test_mistakes.py` makes them one by one.
"""
