"""One list of scenarios, run through every runtime against every vendor of the sandbox.

`scenarios/` says what has to hold, `adapter.py` what a runtime has to do for it, `python.py` and `zapier.py`
do it; `vendors/` holds the little that no `Integration` says of a vendor, `limits.py` why some cells are
empty, `mistakes.py` what the matrix must notice.
"""
