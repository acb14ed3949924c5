"""Access control for the vendors' APIs: API keys, OAuth tokens, scopes, plans and rate limits."""
