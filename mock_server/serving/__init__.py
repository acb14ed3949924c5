"""The process that serves: HTTP on the wire, the ready file, and what goes to the terminal."""
