"""Generates `connector/typed/`: stubs that tell type checkers and editors what each vendor offers.

`annotations` writes the types of fields, `steps` the classes of triggers, actions, searches and operations,
and `stubs` the files. Run `python -m connector.generator.python` or `make generate` to write them.
"""

from connector.generator.python.stubs import files

__all__ = ["files"]
