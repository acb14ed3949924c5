"""Checks requests: API keys for the vendors' APIs; host, origin and token for the control plane."""
