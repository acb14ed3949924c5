"""Builds the output fields, the samples and the shape of the records that Zapier steps return."""

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from connector.definition.model import Field, FieldType, Integration, Path
from connector.definition.model.summary import LABELS, Summary
from connector.definition.naming import below, title
from connector.definition.paths import marked
from connector.definition.samples import merged
from connector.definition.summary import described, summary
from connector.generator.zapier.literal import Code

OUTPUT_TYPES: dict[FieldType, str] = {
    "string": "string",
    "text": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "datetime": "datetime",
    "date": "string",
}
SUMMARY = "summary"
"""The property of a record that contains its summary."""
FILE, FILE_LABEL = "label_file", "Label File"
"""The key and the label of the property that `lib/files.js` adds next to the address of a file."""


def shape_of(integration: Integration, resource: str, fields: Sequence[Field]) -> dict[str, Any]:
    """Build the constant that describes how the app changes a vendor's record before a Zap gets it.

    `flags` and `hidden` are paths of values that become true or false, and of values that are left out unless
    the user asks for them. `whole` are paths of whole numbers that the vendor writes as text. `files`
    contains the paths of the addresses of files. `summary` describes the summary that is added. Parts that
    the record does not need are missing, so the result is empty for most records.
    """
    flags = list(marked(fields, "flag"))
    whole = list(marked(fields, "whole"))
    hidden = list(marked(fields, "sensitive"))
    files = list(marked(fields, "file"))
    built = summary(integration, resource, fields)
    return {
        **({"flags": flags} if flags else {}),
        **({"whole": whole} if whole else {}),
        **({"hidden": hidden} if hidden else {}),
        **({"files": {"hydrate": Code("labelFile"), "at": files}} if files else {}),
        **({SUMMARY: _described(built)} if built else {}),
    }


def without_files(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return copies of the fields with `file` set to False.

    A hydrator reads the details of a record, and its result must not refer to another hydrator.
    """
    return tuple(
        one.model_copy(update={"file": False, "children": without_files(one.children)}) for one in fields
    )


def sensitive_labels(fields: Sequence[Field]) -> list[str]:
    """List the labels of all sensitive fields, including nested fields, without duplicates."""
    labels = [one.label for one in _everything(fields) if one.sensitive]
    return list(dict.fromkeys(labels))


def shape_below(shape: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the part of a shape that applies to the object at `key`, with paths relative to this object."""
    inside: dict[str, Any] = {
        name: [path[1:] for path in paths if path[0] == key]
        for name, paths in shape.items()
        if name in ("flags", "whole", "hidden")
    }
    short = shape.get(SUMMARY)
    if short and short["within"][:1] == (key,):
        inside |= {SUMMARY: {**short, "within": short["within"][1:]}}
    return {name: value for name, value in inside.items() if value}


def _described(built: Summary) -> dict[str, Any]:
    """Convert a summary to the constant for `lib/summary.js`, without the parts that it does not use."""
    members = built.model_dump(exclude_defaults=True)
    if built.amounts:
        members["amounts"] = [_renamed(one.model_dump(exclude_none=True)) for one in built.amounts]
    return {"within": built.within} | _renamed(members)


def _renamed(members: dict[str, Any]) -> dict[str, Any]:
    return {_camel(name): value for name, value in members.items()}


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def _everything(fields: Sequence[Field]) -> Iterator[Field]:
    for one in fields:
        yield one
        yield from _everything(one.children)


def outputs(
    integration: Integration,
    fields: Sequence[Field],
    built: Summary | None,
    *,
    prefix: str = "",
    heading: str = "",
) -> list[dict[str, Any]]:
    """List the output fields of a step: the members of the summary, then the fields of the record.

    The fields of the record are in the order of `fields`. All keys begin with `prefix`. No two fields have
    the same label. For records in a list, `prefix` is the list's key, and `heading` is its label.
    """
    short = _summary_fields(built, prefix, heading) if built else []
    rest = output_fields(fields, prefix=prefix, heading=heading)
    return distinct([*short, *rest], integration.vendor.title)


def _summary_fields(built: Summary, prefix: str, heading: str) -> list[dict[str, Any]]:
    key = "__".join([*built.within, SUMMARY])
    return [
        {"key": f"{prefix}{key}__{member}", "label": _prefixed(heading, LABELS[member]), "type": "string"}
        for member in built.members
    ]


def output_fields(
    fields: Sequence[Field], *, prefix: str = "", heading: str = ""
) -> Iterator[dict[str, Any]]:
    """Yield a Zapier output field for each value in a record, except for sensitive ones.

    The key of a value in an object looks like `customer__email`, and the key of a value in line items looks
    like `items[]sku`. All keys begin with `prefix`, and all labels begin with `heading`.
    """
    for one in fields:
        key, label = prefix + one.key, _prefixed(heading, one.label)
        if one.sensitive:
            continue
        if one.children:
            joint = "[]" if one.type == "list" else "__"
            yield from output_fields(one.children, prefix=key + joint, heading=label)
            continue
        kind = one.shown_type if one.type != "list" else one.item_type
        field_type = {"type": OUTPUT_TYPES[kind]} if kind in OUTPUT_TYPES else {}
        yield {"key": key, "label": label} | field_type | ({"list": True} if one.type == "list" else {})
        if one.file:
            yield {"key": prefix + FILE, "label": _prefixed(heading, FILE_LABEL), "type": "file"}


def _prefixed(heading: str, label: str) -> str:
    """Put the parent's label `heading` in front of `label`, unless `label` already begins with it.

    With the heading `Items`, `SKU` becomes `Items SKU`. `Item ID` is not changed, because it begins with
    `Item`, the heading without its final `s`.
    """
    return label if not heading or label.startswith(heading.removesuffix("s")) else below(heading, label)


def distinct(fields: Iterable[dict[str, Any]], vendor: str) -> list[dict[str, Any]]:
    """Return copies of the output fields in which no two labels are the same.

    If an earlier field has the same label, the label is preceded by the names of the objects that contain the
    value, as in `Order Details Order Name`, or followed by `vendor`, the vendor's name.
    """
    taken: set[str] = set()
    result = []
    for one in fields:
        label = next(each for each in _longer(one, vendor) if each not in taken)
        taken.add(label)
        result.append({**one, "label": label})
    return result


def _longer(field: dict[str, Any], vendor: str) -> Iterator[str]:
    label: str = field["label"]
    yield label
    words = {word.lower() for word in label.split(" ")}
    names = [title(name) for name in re.split(r"__|\[\]", field["key"])[:-1] if name]
    parents = [name for name in names if not words & set(name.lower().split(" "))]
    for count in range(1, len(parents) + 1):
        yield below(" ".join(parents[-count:]), label)
    yield f"{label} in {vendor}"
    yield f"{label} in {vendor} ({field['key']})"


def sample_of(
    fields: Sequence[Field], record: Any, built: Summary | None, added: AbstractSet[str] = frozenset()
) -> dict[str, Any]:
    """Build the sample of a step from a vendor's record, with the same changes that `lib/shape.js` makes.

    The sample contains the summary, the fields that the specification requires, and the fields in `added`:
    the keys of the properties that the app adds. Sensitive values and objects that are null are left out.
    """
    sample = _always_there(fields, record, added)
    return _with_summary(sample, built, built.within, record) if built else sample


def example_of(
    fields: Sequence[Field],
    record: Any,
    changes: dict[str, Any],
    built: Summary | None,
    keys: AbstractSet[str],
    time: Path | None,
) -> dict[str, Any]:
    """Return the values in which the sample of an event differs from the sample of `record`.

    `changes` contains the values of the event's record that differ from `record`, and `keys` the keys of the
    properties that the app adds. `time` is the path of the event's time, which every event has, even if not
    every record has it.
    """
    whole = merged(record, changes)
    plain, changed = (sample_of(fields, one, built, keys) for one in (record, whole))
    return _difference(plain, merged(changed, _only(whole, time)) if time else changed)


def _only(record: Any, path: Path) -> Any:
    """Return a copy of a record that contains only the value at `path`."""
    return {path[0]: _only(record[path[0]], path[1:])} if path else record


def _difference(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    result = {}
    for key, value in other.items():
        before = one.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            if inside := _difference(before, value):
                result[key] = inside
        elif key not in one or value != before:
            result[key] = value
    return result | {key: None for key in one if key not in other}


def _with_summary(sample: Any, built: Summary, path: Path, record: Any) -> dict[str, Any]:
    if path:
        return {**sample, path[0]: _with_summary(sample.get(path[0], {}), built, path[1:], record)}
    return {SUMMARY: described(built, record), **sample}


def _always_there(fields: Sequence[Field], record: Any, added: AbstractSet[str] = frozenset()) -> Any:
    if not isinstance(record, dict):
        return record
    kept = {}
    for one in fields:
        if one.key not in record or one.sensitive or not (one.required or one.key in added):
            continue
        value = _kept(one, record[one.key])
        if not one.children or value not in (None, {}):
            kept[one.key] = value
        if one.file:
            kept[FILE] = value
    return kept


def _kept(field: Field, value: Any) -> Any:
    if field.flag:
        return {0: False, 1: True, "0": False, "1": True, "false": False, "true": True}.get(value, value)
    if field.whole and isinstance(value, str) and value.isdecimal():
        return int(value)
    if not field.children or not isinstance(value, list):
        return _always_there(field.children, value) if field.children else value
    return [_always_there(field.children, row) for row in value]
