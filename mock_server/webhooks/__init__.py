"""Webhooks: queues deliveries, sends them, retries failed deliveries, and restricts their targets."""
