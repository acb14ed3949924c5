"""Collects the record files of a Zapier app, and builds the record that lists a search's results."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from connector.definition.model import Field, InputField, Integration, Resource, Search
from connector.definition.model.summary import Summary
from connector.definition.naming import plural, title
from connector.definition.paths import at_path
from connector.definition.summary import summary
from connector.generator.zapier.fields import Unrenderable
from connector.generator.zapier.outputs import OUTPUT_TYPES, outputs, sample_of, shape_of

A_TIME = "2026-10-01T00:00:00Z"


@dataclass
class Records:
    """Collects an app's record files, each of which contains the output fields, shape and sample of a record.

    Steps that have the same output fields and sample share a file.
    """

    integration: Integration
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def name(
        self,
        resource: str,
        operation: str,
        fields: Sequence[Field],
        sample: Any,
        *,
        own: str | None = None,
        added: AbstractSet[str] = frozenset(),
    ) -> str:
        """Add a record file with the given fields and sample, unless it exists, and return the file's name.

        The file is named after the resource, such as `return`. If a file with different content already has
        this name, the operationId is added, as in `return_of_list_rmas`. If the record has a field that only
        one step adds, the file has the name `own`, and contains only the differences from the resource's
        file. `added` contains the keys of the properties that the app adds to the record. Raises
        `Unrenderable` if these names are also taken by files with different content.
        """
        order = {key: position for position, key in enumerate(sample)}
        ordered = sorted(fields, key=lambda field: order.get(field.key, len(order)))
        built = summary(self.integration, resource, fields)
        record = {
            "fields": outputs(self.integration, ordered, built),
            "shape": shape_of(self.integration, resource, fields),
            "sample": sample_of(fields, sample, built, added),
        }
        if own:
            record = _difference(record, resource, self.files.get(resource))
        return self._kept(record, operation, (own,) if own else (resource, f"{resource}_of_{operation}"))

    def several(self, search: Search) -> str:
        """Add the record file of a search for several records, unless it exists; return the file's name."""
        resource = self.integration.resources[search.resource]
        name = list_name(resource)
        built = summary(self.integration, search.resource, search.fields)
        shape = shape_of(self.integration, search.resource, search.fields)
        record = {
            "fields": self._fields_of_several(search, resource, built),
            "shape": {"list": name, **shape} if shape else {},
            "sample": {
                "searched_for": ", ".join(_example(one, search.sample) for one in _required(search)),
                "found": True,
                "count": 1,
                "complete": True,
                name: [sample_of(search.fields, search.sample, built)],
            },
        }
        return self._kept(record, search.operation, (name, f"{name}_of_{search.operation}"))

    def _kept(self, record: dict[str, Any], operation: str, names: Sequence[str]) -> str:
        for name in names:
            if self.files.setdefault(name, record) == record:
                return name
        raise Unrenderable(
            f"In the catalog, {operation} returns two different records. "
            "Give both the same fields and sample."
        )

    def _fields_of_several(
        self, search: Search, resource: Resource, built: Summary | None
    ) -> list[dict[str, Any]]:
        required = _required(search)
        kind = OUTPUT_TYPES.get(required[0].type, "string") if len(required) == 1 else "string"
        noun = plural(resource.noun)
        heading = title(noun) if noun.islower() else noun
        rows = outputs(
            self.integration, search.fields, built, prefix=f"{list_name(resource)}[]", heading=heading
        )
        return [
            {"key": "searched_for", "label": "Searched For", "type": kind},
            {"key": "found", "label": "Found", "type": "boolean"},
            {"key": "count", "label": "Count", "type": "integer"},
            {"key": "complete", "label": "Complete", "type": "boolean"},
            *rows,
        ]


def _difference(record: dict[str, Any], resource: str, base: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the parts that a record adds to the resource's record, or the whole record if others differ."""
    if base is None or "base" in base or record["shape"] != base["shape"]:
        return record
    added = [one for one in record["fields"] if one not in base["fields"]]
    values = {key: value for key, value in record["sample"].items() if key not in base["sample"]}
    index = record["fields"].index(added[0]) if added else 0
    rest = [one for one in record["fields"] if one not in added]
    together = record["fields"][index : index + len(added)] == added
    same = rest == base["fields"] and record["sample"] == {**base["sample"], **values}
    return (
        {"base": resource, "index": index, "fields": added, "sample": values} if together and same else record
    )


def list_name(resource: Resource) -> str:
    """Return the key of the line items of a search for several records, such as `tracking_events`."""
    return plural(resource.noun).lower().replace(" ", "_")


def _required(search: Search) -> list[InputField]:
    return [one for one in search.inputs if one.required]


def _example(one: InputField, record: Mapping[str, Any]) -> str:
    """Return an example of an input's value: from the sample record or, if it has none, the specification."""
    inside = [at_path(record, path) for path in one.found_at]
    found = next((value for value in (*inside, one.example) if value), None)
    return str(found if found is not None else A_TIME)
