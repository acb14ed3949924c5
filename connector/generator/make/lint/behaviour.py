"""Checks how modules behave: the requirements of each module type, how lists are read, and the samples."""

from collections.abc import Iterator
from typing import Any

from connector.generator.make.lint.app import App, Component, Json
from connector.generator.make.lint.iml import Name, Operation
from connector.generator.make.lint.language import nodes

RPC_RECORDS = range(1, 501)
REPEATABLE = ("GET", "HEAD", "PUT", "DELETE")  # RFC 9110, section 9.2.2: idempotent
FAILURES = ("500", "502", "503", "504")
REPEATED = ("ConnectionError", "RateLimitError")


def m022_actions_do_one_thing(app: App) -> Iterator[str]:
    """Check that every action states its CRUD type, returns a single bundle, and does not use pagination."""
    for one in app.modules("action"):
        if not one.entry.get("actionCrud"):
            yield f"{one.name} has no actionCrud. Set it to create, read, update or delete."
        for _code, request in one.requests:
            if "pagination" in request:
                yield f"{one.name} has pagination, which only searches may have. Remove it."
            if "iterate" in request.get("response", {}):
                yield f"{one.name} returns several bundles, which only searches may do. Remove iterate."


def m023_searches_have_a_limit(app: App) -> Iterator[str]:
    """Check that every search returns one bundle per record, up to a limit that the user can set."""
    for one in app.modules("search"):
        limit = _named(one.parameters, "limit")
        if limit is None or "default" not in limit:
            yield f"{one.name} has no parameter limit with a default. Add one."
        for _code, request in one.requests:
            response = request.get("response", {})
            if response.get("limit") != "{{parameters.limit}}":
                yield f"{one.name} ignores the user's limit. Set response.limit to {{{{parameters.limit}}}}."
            if "iterate" not in response:
                yield f"{one.name} has no response.iterate. Set it to the list of records."


def m024_triggers_know_what_is_new(app: App) -> Iterator[str]:
    """Check that every polling trigger defines how Make recognizes new records, and has a limit parameter."""
    for one in app.modules("trigger"):
        limit = _named(one.code.get("staticParams") or [], "limit")
        if limit is None or not limit.get("required"):
            yield f"{one.name} has no required static parameter limit. Without it Make returns one record."
        for _code, request in one.requests:
            response = request.get("response", {})
            if "trigger" not in response:
                yield f"{one.name} has no response.trigger. Without it Make cannot recognize new records."
            if response.get("limit") != "{{parameters.limit}}":
                yield f"{one.name} ignores the user's limit. Set response.limit to {{{{parameters.limit}}}}."
            if "iterate" not in response:
                yield f"{one.name} has no response.iterate. Set it to the list of records."


def m025_triggers_are_not_mappable(app: App) -> Iterator[str]:
    """Check that triggers have no mappable parameters.

    A trigger is the first module of a scenario, so there is no earlier module whose output could be mapped.
    """
    for one in app.modules("trigger", "instant_trigger"):
        if one.code.get("mappableParams"):
            yield f"{one.name} has mappable parameters, but no earlier module. Make them static."


def m026_filters_by_time_include_the_last_one(app: App) -> Iterator[str]:
    """Check that every trigger's time filter starts before the time of the last event.

    Otherwise, the trigger could miss other events with the same time.
    """
    for one in app.modules("trigger"):
        for _code, request in one.requests:
            for name, text in request.get("qs", {}).items():
                if "data.lastDate" in str(text) and "(data.lastDate, -" not in str(text):
                    yield (
                        f"In {one.name}, the filter {name} misses records with the time of the last event. "
                        "Subtract a second from data.lastDate."
                    )


def m027_lists_end(app: App) -> Iterator[str]:
    """Check that every `pagination` has a condition, and that the condition does not skip the last page.

    Make evaluates the condition twice per page. Before the second evaluation, Make increases
    `pagination.page` by one.
    """
    for one in app.components("module", "rpc"):
        for code in ("communication", "epoch"):
            pagination = (one.code.get(code) or {}).get("pagination")
            if pagination is None:
                continue
            condition = pagination.get("condition")
            if condition is None or condition is True:
                yield f"In {one.name} {code}, pagination has no end. Add a condition."
            elif _loses_the_last_page(str(condition)):
                yield (
                    f"In {one.name} {code}, the condition skips the last page: Make evaluates it again "
                    "with a higher pagination.page. Use <= instead."
                )


def _loses_the_last_page(condition: str) -> bool:
    """Check whether a condition skips the last page, as `pagination.page < last` does."""
    for node in nodes(condition):
        if isinstance(node, Operation) and node.operator in ("<", ">"):
            lower = node.left if node.operator == "<" else node.right
            if isinstance(lower, Name) and (lower.root, *lower.steps) == ("pagination", "page"):
                return True
    return False


def m028_pages_keep_their_filters(app: App) -> Iterator[str]:
    """Check that requests for later pages keep the filters of the first request.

    If `mergeWithParent` is false, requests for later pages contain only what `pagination` defines.
    """
    for one in app.components("module", "rpc"):
        for _code, request in one.requests:
            if request.get("pagination", {}).get("mergeWithParent") is False:
                yield f"In {one.name}, later pages lose the filters of the first. Remove mergeWithParent."


def m029_dropdowns_are_short(app: App) -> Iterator[str]:
    """Check that every remote procedure returns at most 500 choices and sends at most three requests.

    Each choice must have a label and a value.
    """
    for one in app.components("rpc"):
        for _code, request in one.requests:
            response = request.get("response", {})
            output = response.get("output")
            if not isinstance(output, dict) or output.keys() != {"label", "value"}:
                yield f"{one.name} does not return label and value. Set response.output to both."
            if response.get("limit") not in RPC_RECORDS:
                yield f"{one.name} has no response.limit of at most {RPC_RECORDS[-1]}. Add one."
            pages = str(request.get("pagination", {}).get("condition", "pagination.page <= 1"))
            if not any(f"pagination.page <= {count}" in pages for count in (1, 2, 3)):
                yield f"{one.name} may send more than three requests. Limit pagination.page to 3."


def m030_samples_equal_interfaces(app: App) -> Iterator[str]:
    """Check that every sample has exactly the fields in the interface, with values of the right types.

    Nested fields are checked too.
    """
    for one in app.modules("trigger", "instant_trigger", "action", "search"):
        yield from _differences(one, one.code.get("samples"), one.code.get("interface") or [], "")


def _differences(one: Component, sample: Any, form: list[Json], place: str) -> Iterator[str]:
    if not isinstance(sample, dict):
        if sample is not None:
            yield f"{one.name}: the sample has no collection at {place or 'its top level'}."
        return
    known = {field["name"]: field for field in form}
    for name in sorted(sample.keys() - known.keys()):
        yield f"{one.name}: the sample has {place}{name}, which is missing from the interface."
    for name in sorted(known.keys() - sample.keys()):
        yield f"{one.name}: the interface has {place}{name}, which is missing from the sample."
    for name in known.keys() & sample.keys():
        yield from _value(one, sample[name], known[name], f"{place}{name}")


def _value(one: Component, value: Any, field: Json, place: str) -> Iterator[str]:
    kinds: dict[str, tuple[type, ...]] = {
        "text": (str,), "date": (str,), "integer": (int,), "uinteger": (int,), "number": (int, float),
        "boolean": (bool,), "array": (list,), "collection": (dict,),
    }  # fmt: skip
    wanted = kinds.get(field["type"], (object,))
    if value is None:
        return
    if not isinstance(value, wanted) or (
        isinstance(value, bool) and bool not in wanted and object not in wanted
    ):
        yield f"{one.name}: {place} in the sample is not of the type {field['type']}."
        return
    spec = field.get("spec")
    if isinstance(spec, list) and spec:
        for row in value if isinstance(value, list) else [value]:
            yield from _differences(one, row, spec, f"{place}.")


def m040_failed_writes_are_not_repeated(app: App) -> Iterator[str]:
    """Check that Make does not retry a failed write, unless the write is idempotent.

    Make retries a module after a ConnectionError or a RateLimitError.
    """
    inherited = app.general("base").get("response", {}).get("error")
    for one in app.modules("action", "universal"):
        for _code, request in one.requests:
            if request.get("method", "GET") in REPEATABLE:
                continue
            error = request.get("response", {}).get("error", inherited)
            for status in FAILURES:
                kind = _error_type(error, status)
                if kind in REPEATED:
                    yield (
                        f"In {one.name}, status {status} is a {kind}, so Make repeats the write. "
                        "Use RuntimeError."
                    )


def _error_type(error: Any, status: str) -> str:
    """Return the error type that Make uses for an HTTP status.

    If the app defines neither a type for the status nor a default type, Make uses ConnectionError.
    """
    types = error if isinstance(error, dict) else {}
    return str(types.get(status, {}).get("type", types.get("type", "ConnectionError")))


def _named(form: list[Json], name: str) -> Json | None:
    return next((field for field in form if field["name"] == name), None)
