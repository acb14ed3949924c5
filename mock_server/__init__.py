"""A stateful sandbox of returns APIs, which behaves like the real services."""
