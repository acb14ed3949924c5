"""A stateful mock server for returns APIs that behaves like the real services."""
