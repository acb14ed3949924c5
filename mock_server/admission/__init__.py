"""Admits requests: by API key at the vendors' APIs, by host, origin and token at the control plane."""
