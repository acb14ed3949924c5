"""Webhooks: stores deliveries in an outbox, sends and retries them, and checks where they may be sent."""
