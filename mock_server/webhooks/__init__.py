"""Webhooks: the outbox of deliveries, the task that sends and retries them, the check of their targets."""
