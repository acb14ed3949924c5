"""What opens a vendor's API and how much of it: API keys, the tokens that stand for them, and rate limits."""
