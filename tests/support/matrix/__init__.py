"""The matrix: one list of scenarios, run in every runtime against every vendor of the sandbox.

`scenarios/` contains the scenarios; `adapter.py` defines what they need of a runtime, and `python.py`,
`zapier.py` and `make.py` implement it. `vendors/` has the facts that no `Integration` contains, and
`limits.py` the reasons for empty cells.
"""
