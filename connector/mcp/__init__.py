"""Offers the searches and actions of the user's connections to AI assistants as tools (`returns mcp`).

The server uses the Model Context Protocol (https://modelcontextprotocol.io). `tools` describes the tools,
`calls` runs them, `server` handles the protocol's requests, and `transports` communicates with clients over
standard input and output, or over HTTP on this machine. These modules need the package `mcp`, which
`pip install "returns-connector[mcp]"` installs.
"""
