"""Reports a name that does not exist, such as a vendor's, before other errors in an invalid request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_server.engine.body import parsed_or_none
from mock_server.engine.call import Call
from mock_server.engine.parameters import Headers
from mock_server.engine.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mock_server.engine.operation import Operation
    from mock_server.engine.protocols import NameCheck


def unchecked_call(
    operation: Operation, segments: Sequence[bytes], scope: Mapping[str, Any], body: bytes, base_url: str
) -> Call:
    """Build the `Call` of an invalid request: all parameters are strings, and the body can be any JSON."""
    path, query = operation.parameters.texts(segments, scope["query_string"])
    return Call(operation.id, None, path, query, Headers({}), parsed_or_none(body), base_url)


def first_problem(problem: Problem, call: Call, check: NameCheck) -> Problem:
    """Return the problem of the first name that does not exist, or `problem` if all names exist.

    Other kinds of problems, such as a missing control token, are returned as they are.
    """
    if problem.kind != "invalid":
        return problem
    try:
        check(call)
    except Problem as of_name:
        return of_name
    return problem
