"""Checks of what modules do: what each type needs, how lists are read, samples."""

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
    """An action says what it does to a record, gives one bundle, and reads no pages."""
    for one in app.modules("action"):
        if not one.entry.get("actionCrud"):
            yield f"{one.name} does not say whether it creates, reads, updates or deletes."
        for _code, request in one.requests:
            if "pagination" in request:
                yield f"{one.name} reads pages, which only searches may."
            if "iterate" in request.get("response", {}):
                yield f"{one.name} gives several bundles, which only searches may."


def m023_searches_have_a_limit(app: App) -> Iterator[str]:
    """A search gives a bundle for each record, at most as many as the person asked for."""
    for one in app.modules("search"):
        limit = _named(one.parameters, "limit")
        if limit is None or "default" not in limit:
            yield f"{one.name} has no parameter limit with a default."
        for _code, request in one.requests:
            response = request.get("response", {})
            if response.get("limit") != "{{parameters.limit}}":
                yield f"{one.name} does not keep to parameters.limit."
            if "iterate" not in response:
                yield f"{one.name} does not say what its records are."


def m024_triggers_know_what_is_new(app: App) -> Iterator[str]:
    """A polling trigger tells records apart by time and id, and asks how many to hand on."""
    for one in app.modules("trigger"):
        limit = _named(one.code.get("staticParams") or [], "limit")
        if limit is None or not limit.get("required"):
            yield f"{one.name} has no required static parameter limit: Make would hand on one record."
        for _code, request in one.requests:
            response = request.get("response", {})
            if "trigger" not in response:
                yield f"{one.name} has no response.trigger: Make cannot tell what is new."
            if response.get("limit") != "{{parameters.limit}}":
                yield f"{one.name} does not keep to parameters.limit."
            if "iterate" not in response:
                yield f"{one.name} does not say what its records are."


def m025_triggers_are_not_mappable(app: App) -> Iterator[str]:
    """What starts a scenario can take nothing from earlier modules: its parameters are static."""
    for one in app.modules("trigger", "instant_trigger"):
        if one.code.get("mappableParams"):
            yield f"{one.name} has parameters that can be mapped, where there is nothing to map."


def m026_filters_by_time_include_the_last_one(app: App) -> Iterator[str]:
    """A trigger that asks for what is later than the last time asks a little earlier: times may be equal."""
    for one in app.modules("trigger"):
        for _code, request in one.requests:
            for name, text in request.get("qs", {}).items():
                if "data.lastDate" in str(text) and "(data.lastDate, -" not in str(text):
                    yield f"{one.name}: {name} leaves out records of the very moment of the last one."


def m027_lists_end(app: App) -> Iterator[str]:
    """`pagination` has a condition, which holds for the last page too: Make asks it twice."""
    for one in app.components("module", "rpc"):
        for code in ("communication", "epoch"):
            pagination = (one.code.get(code) or {}).get("pagination")
            if pagination is None:
                continue
            condition = pagination.get("condition")
            if condition is None or condition is True:
                yield f"{one.name} {code}: nothing ends the reading of pages."
            elif _loses_the_last_page(str(condition)):
                yield f"{one.name} {code}: pagination.page is one further when the condition is asked again."


def _loses_the_last_page(condition: str) -> bool:
    """Find `pagination.page < last` and the like: the last page would never be read."""
    for node in nodes(condition):
        if isinstance(node, Operation) and node.operator in ("<", ">"):
            below = node.left if node.operator == "<" else node.right
            if isinstance(below, Name) and (below.root, *below.steps) == ("pagination", "page"):
                return True
    return False


def m028_pages_keep_their_filters(app: App) -> Iterator[str]:
    """`pagination` adds to the request; it does not take its place."""
    for one in app.components("module", "rpc"):
        for _code, request in one.requests:
            if request.get("pagination", {}).get("mergeWithParent") is False:
                yield f"{one.name}: later pages are asked for without the filters of the first."


def m029_dropdowns_are_short(app: App) -> Iterator[str]:
    """A remote procedure gives label and value, at most 500 of them, in at most three requests."""
    for one in app.components("rpc"):
        for _code, request in one.requests:
            response = request.get("response", {})
            output = response.get("output")
            if not isinstance(output, dict) or output.keys() != {"label", "value"}:
                yield f"{one.name} does not give label and value."
            if response.get("limit") not in RPC_RECORDS:
                yield f"{one.name} has no limit of at most {RPC_RECORDS[-1]}."
            pages = str(request.get("pagination", {}).get("condition", "pagination.page <= 1"))
            if not any(f"pagination.page <= {count}" in pages for count in (1, 2, 3)):
                yield f"{one.name} may take more than three requests."


def m030_samples_equal_interfaces(app: App) -> Iterator[str]:
    """A sample has the names of the interface and no others, at every depth, with values of its types."""
    for one in app.modules("trigger", "instant_trigger", "action", "search"):
        yield from _differences(one, one.code.get("samples"), one.code.get("interface") or [], "")


def _differences(one: Component, held: Any, form: list[Json], place: str) -> Iterator[str]:
    if not isinstance(held, dict):
        if held is not None:
            yield f"{one.name}: the sample has no record at {place or 'its top'}."
        return
    known = {field["name"]: field for field in form}
    for name in sorted(held.keys() - known.keys()):
        yield f"{one.name}: the sample's {place}{name} is not in the interface."
    for name in sorted(known.keys() - held.keys()):
        yield f"{one.name}: the sample has no {place}{name}."
    for name in known.keys() & held.keys():
        yield from _value(one, held[name], known[name], f"{place}{name}")


def _value(one: Component, held: Any, field: Json, place: str) -> Iterator[str]:
    kinds: dict[str, tuple[type, ...]] = {
        "text": (str,), "date": (str,), "integer": (int,), "uinteger": (int,), "number": (int, float),
        "boolean": (bool,), "array": (list,), "collection": (dict,),
    }  # fmt: skip
    wanted = kinds.get(field["type"], (object,))
    if held is None:
        return
    if not isinstance(held, wanted) or (
        isinstance(held, bool) and bool not in wanted and object not in wanted
    ):
        yield f"{one.name}: the sample's {place} is no {field['type']}."
        return
    spec = field.get("spec")
    if isinstance(spec, list) and spec:
        for row in held if isinstance(held, list) else [held]:
            yield from _differences(one, row, spec, f"{place}.")


def m040_failed_writes_are_not_repeated(app: App) -> Iterator[str]:
    """When the vendor fails in a write that does more when sent twice, Make is not told to run it again."""
    inherited = app.general("base").get("response", {}).get("error")
    for one in app.modules("action", "universal"):
        for _code, request in one.requests:
            if request.get("method", "GET") in REPEATABLE:
                continue
            error = request.get("response", {}).get("error", inherited)
            for status in FAILURES:
                kind = _error_type(error, status)
                if kind in REPEATED:
                    yield f"{one.name}: status {status} is a {kind}, so Make sends the write again."


def _error_type(error: Any, status: str) -> str:
    """Give the type of an error; Make's own for a failing vendor where the app says none."""
    said = error if isinstance(error, dict) else {}
    return str(said.get(status, {}).get("type", said.get("type", "ConnectionError")))


def _named(form: list[Json], name: str) -> Json | None:
    return next((field for field in form if field["name"] == name), None)
