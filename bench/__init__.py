"""Performance tests: `make bench` measures and compares, and `make guard` counts instructions."""
