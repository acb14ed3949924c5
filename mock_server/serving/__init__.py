"""The server process: HTTP connections, the ready file, and output to the terminal."""
