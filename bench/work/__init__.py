"""The programs whose CPU time and memory the benchmark measures: the connector and the hub at work."""
