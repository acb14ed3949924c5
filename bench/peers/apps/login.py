"""The login of Connexion's mock server, which asks a function whether a token is known."""

import os


def known(token: str) -> dict[str, str] | None:
    """Return who a bearer token belongs to, or None if it is not the one in `BENCH_TOKEN`."""
    return {"sub": "bench"} if token == os.environ["BENCH_TOKEN"] else None
