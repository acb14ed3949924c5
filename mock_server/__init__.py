"""A stateful sandbox of returns APIs: it behaves like the services it describes."""
