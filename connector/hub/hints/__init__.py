"""Hints: posts of a vendor's webhooks, each of which brings the next poll of a connection forward.

The content of a post is never taken for the truth: the poll finds what changed. A post that is lost,
doubled, forged or late therefore changes when an event is found, but not which events. `addresses` stores the
address of each connection, `receiver` takes the posts, `records` reads them, `arriving` brings polls
forward within the budget, and `registration` registers an address at vendors whose API offers it.
"""
