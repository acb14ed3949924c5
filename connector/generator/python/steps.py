"""Writes the stubs' classes for one vendor's triggers, actions, searches and operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.generator.python.annotations import call, camel, is_name, keywords, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from connector.definition.model import Action, Field, Integration, Operation, Search, Trigger
    from connector.generator.python.annotations import Types


@dataclass(frozen=True, slots=True)
class Flavour:
    """The names in the stubs that differ between async connections (`ASYNC`) and synchronous ones (`SYNC`).

    `define` contains the keywords that define a method, and `iterator` is the type that a generator returns.
    Each of the other attributes is the name of a base class.
    """

    define: str
    iterator: str
    mapping: str
    trigger: str
    action: str
    search: str
    operation: str
    dropdown: str
    pair: str


ASYNC = Flavour(
    define="async def",
    iterator="AsyncIterator",
    mapping="ByKey",
    trigger="TypedTrigger",
    action="BoundAction",
    search="BoundSearch",
    operation="BoundOperation",
    dropdown="BoundDropdown",
    pair="BoundFindOrCreate",
)
SYNC = Flavour(
    define="def",
    iterator="Iterator",
    mapping="SyncByKey",
    trigger="TypedSyncTrigger",
    action="SyncAction",
    search="SyncSearch",
    operation="SyncOperation",
    dropdown="SyncDropdown",
    pair="SyncFindOrCreate",
)
POLL = ("self", "cursor: Cursor | None = None", "*", "since: datetime | date | None = None")


def triggers(integration: Integration, types: Types, kind: Flavour) -> Iterator[str]:
    """Yield the lines of a class for each trigger, and of the mapping that contains the triggers."""
    found = {}
    for key, trigger in integration.triggers.items():
        name = f"{camel(key)}Trigger"
        found[key] = name
        yield from _trigger(name, trigger, types, kind)
    base = "SyncTrigger" if kind is SYNC else "BoundTrigger"
    yield from mapping(kind, "Triggers", base, found)


def _trigger(name: str, trigger: Trigger, types: Types, kind: Flavour) -> Iterator[str]:
    record = types.record(camel(trigger.resource), trigger.fields)
    yield f"class {name}({kind.trigger}[{record}]):"
    yield f"    {docstring(trigger.description)}"
    if trigger.inputs:
        inputs = [*POLL, *keywords(types, camel(trigger.key), trigger.inputs)]
        yield from call("    ", f"{kind.define} poll", inputs, f" -> TypedPollResult[{record}]: ...")
    yield ""


def actions(integration: Integration, types: Types, kind: Flavour) -> Iterator[str]:
    """Yield the lines of a class for each action, and of the mapping that contains the actions."""
    found = {}
    for key, action in integration.actions.items():
        name = f"{camel(key)}Action"
        found[key] = name
        record = types.record(camel(action.resource), action.fields)
        inputs = keywords(types, camel(key), action.inputs)
        yield from _call(kind, f"{name}({kind.action})", action, inputs, record)
    yield from mapping(kind, "Actions", kind.action, found)


def searches(integration: Integration, types: Types, kind: Flavour) -> Iterator[str]:
    """Yield the lines of a class for each search, and of the mapping that contains the searches."""
    found = {}
    for key, search in integration.searches.items():
        name = f"{camel(key)}Search"
        found[key] = name
        record = types.record(camel(search.resource), search.fields)
        inputs = ["limit: int = 100", *keywords(types, camel(key), search.inputs)]
        yield from _call(kind, f"{name}({kind.search})", search, inputs, f"list[{record}]")
    yield from mapping(kind, "Searches", kind.search, found)


def _call(
    kind: Flavour, head: str, step: Action | Search, inputs: Sequence[str], answer: str
) -> Iterator[str]:
    yield f"class {head}:"
    yield from call("    ", f"{kind.define} __call__", _only_named(inputs), f" -> {answer}:")
    yield f"        {docstring(step.description)}"
    yield ""


def operations(integration: Integration, types: Types, kind: Flavour) -> Iterator[str]:
    """Yield the lines of a class for each operation, and of the object that has them as attributes."""
    found = {key: f"{camel(key)}Operation" for key in integration.operations}
    filled = frozenset(integration.authentication.sends)
    for key, operation in integration.operations.items():
        yield from _operation(kind, found[key], operation, types, filled)
    yield from keys("Operations", found)
    yield "class Operations:"
    yield from (f"    {key}: {name}" for key, name in found.items() if is_name(key))
    yield from _lookup("Operations", found)
    yield "    def __len__(self) -> int: ..."
    yield ""


def _operation(
    kind: Flavour, name: str, operation: Operation, types: Types, filled: frozenset[str]
) -> Iterator[str]:
    fields = [parameter.field for parameter in operation.parameters]
    body = operation.body.children if operation.body else ()
    repeated = {one.name: one.repeated_as for one in operation.parameters if one.repeated_as}
    inputs = keywords(types, camel(operation.id), [*fields, *body], filled)
    inputs = [_several(one, repeated) for one in inputs]
    given = _only_named(inputs)
    record = types.record(camel(operation.id) + "Record", payload_fields(operation))
    data = f"list[{record}]" if operation.payload_is_list else record
    yield f"class {name}({kind.operation}):"
    yield from call("    ", f"{kind.define} __call__", given, f" -> TypedAnswer[{data}]:")
    yield f"        {docstring(operation.summary)}"
    if operation.payload_is_list:
        answer = f" -> {kind.iterator}[TypedPage[{record}]]: ..."
        yield from call("    ", "def pages", given, answer)
        yield from call("    ", "def rows", given, f" -> {kind.iterator}[{record}]: ...")
    yield ""


def _only_named(inputs: Sequence[str]) -> list[str]:
    return ["self", "*", *inputs] if inputs else ["self"]


def _several(parameter: str, repeated: Mapping[str, str]) -> str:
    """Add a sequence to the types of a parameter if the API accepts several values for it.

    `repeated` contains the keys of the parameters with several values.
    """
    key, _colon, text = parameter.partition(": ")
    if key not in repeated:
        return parameter
    one, equals, default = text.partition(" | None = ")
    return f"{key}: {one} | Sequence[{one}]{equals}{default}"


def payload_fields(operation: Operation) -> Sequence[Field]:
    """Return the fields of the record in an operation's response or, for a list, of one of its records."""
    found = operation.response
    for step in operation.payload:
        found = next(child for child in found.children if child.key == step)
    return found.children


def mapping(kind: Flavour, name: str, base: str, classes: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of a mapping class in which the type of a value depends on its key.

    `kind` selects async or synchronous connections. `classes` maps each key to the class of its value, and
    `base` is the base class of all values.
    """
    if not classes:
        yield f"class {name}({kind.mapping}[{base}]): ..."
        yield ""
        return
    yield from keys(name, classes)
    yield f"class {name}({kind.mapping}[{base}]):"
    yield from _lookup(name, classes)
    yield ""


def keys(name: str, known: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a type alias for the keys of the mapping `name`."""
    yield f"{name}Key: TypeAlias = Literal["
    yield from (f"    {quoted(key)}," for key in known)
    yield "]"
    yield ""


def _lookup(name: str, classes: Mapping[str, str]) -> Iterator[str]:
    kinds = set(classes.values())
    if len(kinds) == 1:
        yield f"    def __getitem__(self, key: {name}Key) -> {kinds.pop()}: ..."
    else:
        for key, kind in classes.items():
            yield "    @overload"
            yield f"    def __getitem__(self, key: Literal[{quoted(key)}]) -> {kind}: ..."
    yield f"    def __iter__(self) -> Iterator[{name}Key]: ..."


def docstring(text: str) -> str:
    """Format a text as a docstring in one line."""
    line = " ".join(text.split()).replace("\\", "\\\\").replace('"', "'")
    return f'"""{line}"""'
