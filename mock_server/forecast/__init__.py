"""Predicts the next steps, the effects of a status change, and the time when a return reaches a status.

Each prediction is a rehearsal: the vendor's own code runs in a transaction that is always undone. A
prediction is therefore correct, unless something else changes the return first.
"""
