"""Predicts what will happen: scheduled steps, allowed moves of a return, and when it reaches a status.

Each prediction is a rehearsal: the vendor's own code runs in a transaction that is always undone. So a
prediction is what the sandbox does, unless something else changes the return first.
"""
