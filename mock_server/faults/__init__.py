"""Faults: deliberate errors in responses and webhooks, on a schedule that can be reproduced."""
