"""Measures the sandbox beside Prism: `make bench`."""
