"""Measures the sandbox: `make bench` beside Prism, `make guard` in instructions."""
