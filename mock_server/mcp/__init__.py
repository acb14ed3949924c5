"""`returns mcp --sandbox`: the control plane of a running sandbox as tools for AI assistants.

`tools` describes the operations of `openapi/sandbox.yaml` as tools of the Model Context Protocol, `calls`
sends them to the sandbox, `answers` shortens the responses, and `server` answers the protocol's requests.
These modules need the package `mcp`, which `pip install "returns-connector[mcp]"` installs.
"""
