"""Webhooks: the outbox that stores deliveries, the task that sends them, and checks of their targets."""
