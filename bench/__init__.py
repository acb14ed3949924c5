"""Performance tests: `make bench` compares the sandbox with Prism, and `make guard` counts instructions."""
