"""Webhooks: which are to be sent, where they may be sent, and the task that sends them."""
