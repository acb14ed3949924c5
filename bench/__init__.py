"""Performance tests: `make bench` compares the sandbox with Prism, `make guard` counts instructions."""
