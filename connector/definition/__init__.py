"""One vendor's API and what is offered of it: specification and catalog, joined into an `Integration`.

`document` reads the specification, `vocabulary` the catalog, and `compiler` joins them into the `model` that
everything else reads. `guarantees` computes what each trigger promises. Nothing here sends a request.
"""
