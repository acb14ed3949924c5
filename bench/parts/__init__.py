"""The parts of the benchmark; each one measures something in interleaved rounds, and returns its results."""
