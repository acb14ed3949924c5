"""Defines the order of modules in a group: triggers, then modules that read, create, update and delete."""

CRUD = ("read", "create", "update", "delete")
FIRST = {"trigger": 0, "instant_trigger": 0, "search": 1}
"""The ranks of triggers and searches, which have no CRUD type; a search has the rank of "read"."""


def rank(kind: str, crud: str | None) -> int:
    """Return the position of a module in its group: 0 for a trigger, 1 for a module that reads, and so on.

    `kind` is the type of the module, such as `action`, and `crud` is its CRUD type, such as `create`. A
    module with neither, such as the universal module, comes last.
    """
    if kind in FIRST:
        return FIRST[kind]
    return CRUD.index(crud) + 1 if crud in CRUD else len(CRUD) + 1
