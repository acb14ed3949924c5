"""A module's form: values of a user or scenario, checked and converted as Make does before a run."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from support.make.expressions import moment
from support.make.requests import MakeError

Json = dict[str, Any]
NUMBERS = {"integer": int, "uinteger": int, "number": float}


def filled(form: Sequence[Json], given: Mapping[str, Any], *, defaults: bool = True) -> Json:
    """Return the parameters of a run without empty values; raise BundleValidationError if one is invalid."""
    known = {one["name"]: one for one in form}
    if extra := given.keys() - known.keys():
        raise AssertionError(f"The form has no {sorted(extra)}; it has {sorted(known)}.")
    found: Json = {}
    for name, one in known.items():
        value = given.get(name, one.get("default") if defaults else None)
        if value is None or value == "":
            if one.get("required"):
                raise MakeError("BundleValidationError", f"Missing value of required parameter '{name}'.")
            continue
        found[name] = _fit(one, value)
    return found


def _fit(one: Json, value: Any) -> Any:
    kind, spec = one["type"], one.get("spec")
    if one.get("multiple") or kind == "array":
        rows = value if isinstance(value, list) else [value]
        if isinstance(spec, list):
            return [filled(spec, row) for row in rows]
        inner = spec or {**one, "multiple": False}
        return [_fit(inner, row) for row in rows]
    if kind == "collection":
        return filled(spec or [], value)
    pattern = one.get("validate", {}).get("pattern")
    if pattern and not re.search(pattern, str(value)):
        raise MakeError("BundleValidationError", f"Invalid value of parameter '{one.get('name')}'.")
    return _typed(kind, value, one.get("name", "value"))


def _typed(kind: str, value: Any, name: str) -> Any:
    try:
        if kind in NUMBERS:
            return NUMBERS[kind](value)
        if kind == "boolean":
            return value if isinstance(value, bool) else {"true": True, "false": False}[str(value).lower()]
        if kind == "date":
            return moment(value)
    except (ValueError, KeyError) as problem:
        raise MakeError("BundleValidationError", f"Parameter '{name}' is no {kind}.") from problem
    return value if kind == "any" or not isinstance(value, (int, float)) else str(value)
