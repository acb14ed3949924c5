"""The configuration of Schemathesis for one document, derived from what the document says.

What may answer a valid request, and what has to answer an invalid one, are the documented statuses of each
operation. Nothing here names a vendor or an operation, so a new vendor needs no change.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from contract.sandbox.documents import Document, Operation

METHOD_NOT_ALLOWED = "405"
"""Any path may answer it to a method that it does not have; documents do not list it."""


PHASES = ("examples", "coverage", "fuzzing", "stateful")


def configuration(
    document: Document,
    *,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    base_url: str,
    examples: int,
    phases: Sequence[str] = PHASES,
) -> dict[str, Any]:
    """Return the content of a `schemathesis.toml`; `query` is a login's query parameters.

    Every check is on, except for operations that are streams: they never end.
    """
    return {
        "base-url": base_url,
        "headers": dict(headers),
        "parameters": {f"query.{name}": value for name, value in query.items()},
        "generation": {
            "mode": "all",
            "allow-x00": True,
            "deterministic": True,
            "max-examples": examples,
            "no-shrink": True,
        },
        "phases": {
            name: {"enabled": name in phases, **({"fill-missing": True} if name == "examples" else {})}
            for name in PHASES
        },
        "operations": [_of(operation) for operation in document.operations.values()],
    }


def _of(operation: Operation) -> dict[str, Any]:
    chosen = {"include-name": f"{operation.method} {operation.path}"}
    if operation.is_stream:
        return {**chosen, "enabled": False}
    checks = {
        "positive_data_acceptance": accepted(operation),
        "negative_data_rejection": rejected(operation),
        "missing_required_header": {"400", "401"} & rejected(operation),
    }
    expected = {
        name: {"enabled": True, "expected-statuses": sorted(statuses)} for name, statuses in checks.items()
    }
    return {**chosen, "checks": expected}


def accepted(operation: Operation) -> set[str]:
    """Return the statuses that may answer a valid request.

    An ID that nothing has is a 404, if the operation documents one; a 409 is by definition about the state of
    a record. Made-up credentials of a public operation are a 401. A 400 is allowed only where the document
    says in `x-refuses` which valid request the operation refuses.
    """
    documented = set(operation.responses)
    allowed = {"2xx"} | ({"404", "409"} & documented)
    if "default" in documented:
        allowed |= {"404"}  # the control plane answers it to every name that it does not know
    if operation.is_public:
        allowed |= {"401"} & documented
    if "x-refuses" in operation.raw:
        allowed |= {"400"} & documented
    return allowed


def rejected(operation: Operation) -> set[str]:
    """Return the statuses that may answer an invalid request: the documented refusals, and 405."""
    refusals = {status for status in operation.responses if status.startswith("4")} - {"409", "429"}
    return refusals | {METHOD_NOT_ALLOWED}
