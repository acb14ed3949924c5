"""Writes the classes of one vendor's triggers, actions, searches and operations, with their calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.generator.python.annotations import call, camel, is_name, keywords, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from connector.definition.model import Action, Field, Integration, Operation, Search, Trigger
    from connector.generator.python.annotations import Types

POLL = ("self", "cursor: Cursor | None = None", "*", "since: datetime | date | None = None")


def triggers(integration: Integration, types: Types) -> Iterator[str]:
    """Yield the classes of the triggers, and the mapping that contains them."""
    found = {}
    for key, trigger in integration.triggers.items():
        name = f"{camel(key)}Trigger"
        found[key] = name
        yield from _trigger(name, trigger, types)
    yield from mapping("Triggers", "BoundTrigger", found)


def _trigger(name: str, trigger: Trigger, types: Types) -> Iterator[str]:
    record = types.record(camel(trigger.resource), trigger.fields)
    yield f"class {name}(TypedTrigger[{record}]):"
    yield f"    {docstring(trigger.description)}"
    if trigger.inputs:
        inputs = [*POLL, *keywords(types, camel(trigger.key), trigger.inputs)]
        yield from call("    ", "async def poll", inputs, f" -> TypedPollResult[{record}]: ...")
    yield ""


def actions(integration: Integration, types: Types) -> Iterator[str]:
    """Yield the classes of the actions, and the mapping that contains them."""
    found = {}
    for key, action in integration.actions.items():
        name = f"{camel(key)}Action"
        found[key] = name
        record = types.record(camel(action.resource), action.fields)
        yield from _call(name, "BoundAction", action, keywords(types, camel(key), action.inputs), record)
    yield from mapping("Actions", "BoundAction", found)


def searches(integration: Integration, types: Types) -> Iterator[str]:
    """Yield the classes of the searches, and the mapping that contains them."""
    found = {}
    for key, search in integration.searches.items():
        name = f"{camel(key)}Search"
        found[key] = name
        record = types.record(camel(search.resource), search.fields)
        inputs = ["limit: int = 100", *keywords(types, camel(key), search.inputs)]
        yield from _call(name, "BoundSearch", search, inputs, f"list[{record}]")
    yield from mapping("Searches", "BoundSearch", found)


def _call(name: str, base: str, step: Action | Search, inputs: Sequence[str], answer: str) -> Iterator[str]:
    yield f"class {name}({base}):"
    yield from call("    ", "async def __call__", _only_named(inputs), f" -> {answer}:")
    yield f"        {docstring(step.description)}"
    yield ""


def operations(integration: Integration, types: Types) -> Iterator[str]:
    """Yield the classes of the operations, and the object whose attributes they are."""
    found = {key: f"{camel(key)}Operation" for key in integration.operations}
    filled = frozenset(integration.authentication.sends)
    for key, operation in integration.operations.items():
        yield from _operation(found[key], operation, types, filled)
    yield from keys("Operations", found)
    yield "class Operations:"
    yield from (f"    {key}: {name}" for key, name in found.items() if is_name(key))
    yield from _lookup("Operations", found)
    yield "    def __len__(self) -> int: ..."
    yield ""


def _operation(name: str, operation: Operation, types: Types, filled: frozenset[str]) -> Iterator[str]:
    fields = [parameter.field for parameter in operation.parameters]
    body = operation.body.children if operation.body else ()
    repeated = {one.name: one.repeated_as for one in operation.parameters if one.repeated_as}
    inputs = keywords(types, camel(operation.id), [*fields, *body], filled)
    inputs = [_several(one, repeated) for one in inputs]
    given = _only_named(inputs)
    record = types.record(camel(operation.id) + "Record", payload_fields(operation))
    data = f"list[{record}]" if operation.payload_is_list else record
    yield f"class {name}(BoundOperation):"
    yield from call("    ", "async def __call__", given, f" -> TypedAnswer[{data}]:")
    yield f"        {docstring(operation.summary)}"
    if operation.payload_is_list:
        answer = f" -> AsyncIterator[TypedPage[{record}]]: ..."
        yield from call("    ", "def pages", given, answer)
        yield from call("    ", "def rows", given, f" -> AsyncIterator[{record}]: ...")
    yield ""


def _only_named(inputs: Sequence[str]) -> list[str]:
    return ["self", "*", *inputs] if inputs else ["self"]


def _several(parameter: str, repeated: Mapping[str, str]) -> str:
    """Let a parameter that has a form for several values accept a sequence, too."""
    key, _colon, text = parameter.partition(": ")
    if key not in repeated:
        return parameter
    one, equals, default = text.partition(" | None = ")
    return f"{key}: {one} | Sequence[{one}]{equals}{default}"


def payload_fields(operation: Operation) -> Sequence[Field]:
    """Return the fields of the record, or of one record of the list, in an operation's response."""
    found = operation.response
    for step in operation.payload:
        found = next(child for child in found.children if child.key == step)
    return found.children


def mapping(name: str, base: str, classes: Mapping[str, str]) -> Iterator[str]:
    """Yield a mapping whose keys are literal; each key has the class of its value."""
    if not classes:
        yield f"class {name}(ByKey[{base}]): ..."
        yield ""
        return
    yield from keys(name, classes)
    yield f"class {name}(ByKey[{base}]):"
    yield from _lookup(name, classes)
    yield ""


def keys(name: str, known: Iterable[str]) -> Iterator[str]:
    """Yield the type of the keys of a mapping."""
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
    """Return a text as a docstring of one line."""
    line = " ".join(text.split()).replace("\\", "\\\\").replace('"', "'")
    return f'"""{line}"""'
