"""The Python applications that the benchmark compares the sandbox with; uvicorn runs them."""
