"""Reads a vendor's specification and catalog and compiles them into an `Integration`.

`document` reads the specification, `catalog` defines the words of a catalog file, and `compiler` joins both
into the `model` that the runtime and the generators use. `guarantees` computes what each trigger promises.
No module here sends a request.
"""
