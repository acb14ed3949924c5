"""Shell completion for the sandbox's commands."""

from contextlib import suppress


def complete_vendor(incomplete: str) -> list[str]:
    """List the vendors whose names begin with `incomplete`; return an empty list if an error occurs.

    An error is not reported, because the shell would print the message into the line that the user is typing.
    """
    with suppress(Exception):
        import openapi

        return [name for name in openapi.vendors() if name.startswith(incomplete)]
    return []
