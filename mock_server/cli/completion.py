"""Shell completion for the sandbox's commands."""

from contextlib import suppress


def complete_vendor(incomplete: str) -> list[str]:
    """Return the vendors whose names begin with `incomplete`; an empty list after any failure.

    A failure must stay silent: the shell would print its message into the line that the user is typing.
    """
    with suppress(Exception):
        import openapi

        return [name for name in openapi.vendors() if name.startswith(incomplete)]
    return []
