"""Requests of the connector: inputs that Schemathesis generates, and the request that each has to become.

`inputs.py` describes the inputs of an operation as one JSON schema, `steps.py` turns its values into the
inputs of an action or search, `serialized.py` says which request they are, `tried.py` tries them, and
`differences.py` names what the connector does otherwise than the specification, with the reason.
"""
