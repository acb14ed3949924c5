"""Seeded mistakes in the connector and in generated apps, and the scenario or lint check that notices each.

One list per place: `python.py`, `zapier.py`, `make.py`. `tests/matrix/test_mistakes.py` makes each of them.
"""
