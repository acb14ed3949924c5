"""`returns mcp`: the searches and actions of the user's connections as tools for AI assistants.

The server speaks the Model Context Protocol (https://modelcontextprotocol.io). `tools` describes what is
offered, `calls` runs it, `server` answers the protocol's requests, and `transports` carries them over
standard input and output or over HTTP on this machine. These modules need the package `mcp`, which
`pip install "returns-connector[mcp]"` installs.
"""
