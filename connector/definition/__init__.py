"""Reads a vendor's specification and catalog and compiles them into an `Integration`.

`document` reads the specification, `catalog` defines the keys that a catalog file may use, and `compiler`
combines the two files into the `model` that the runtime and the generators use. `guarantees` computes which
events each trigger delivers and which it can miss. No module in this package sends a request.
"""
