"""Collects the record files of a Zapier app, and builds the record that lists a search's results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.definition.model import Field, InputField, Resource, Search
from connector.definition.naming import plural, title
from connector.definition.paths import at_path
from connector.generator.zapier.fields import Unrenderable, output_fields

A_TIME = "2026-10-01T00:00:00Z"


@dataclass
class Records:
    """Collects an app's record files, each of which contains the output fields and sample of a record.

    Steps that have the same output fields and sample share a file.
    """

    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def name(
        self, resource: str, operation: str, fields: Sequence[Field], sample: Any, *, own: str | None = None
    ) -> str:
        """Add a record file with the given fields and sample, unless it exists, and return the file's name.

        The file is named after the resource, such as `return`. If a file with different content already has
        this name, the operationId is added, as in `return_of_list_rmas`. If the record has a field that only
        one step adds, the file has the name `own`. Raises `Unrenderable` if these names are also taken by
        files with different content.
        """
        order = {key: position for position, key in enumerate(sample)}
        ordered = sorted(fields, key=lambda field: order.get(field.key, len(order)))
        record = {"fields": list(output_fields(ordered)), "sample": sample}
        for name in (own,) if own else (resource, f"{resource}_of_{operation}"):
            if self.files.setdefault(name, record) == record:
                return name
        raise Unrenderable(
            f"In the catalog, {operation} returns two different records. "
            "Give both the same fields and sample."
        )


def list_name(resource: Resource) -> str:
    """Return the key of the line items of a search for several records, such as `tracking_events`."""
    return plural(resource.noun).lower().replace(" ", "_")


def list_record(search: Search, resource: Resource) -> tuple[tuple[Field, ...], dict[str, Any]]:
    """Build the fields and the sample of the one record that a search for several records returns.

    A Zap continues with the first record of a search only, so the records are line items of one record. The
    record also contains what was searched for, and how many records were found. `lib/searches.js` builds it.
    """
    required = [one for one in search.inputs if one.required]
    kind = required[0].type if len(required) == 1 else "string"
    name, heading = list_name(resource), plural(resource.noun)
    fields = (
        Field(key="searched_for", label="Searched For", type=kind),
        Field(key="found", label="Found", type="boolean"),
        Field(key="count", label="Count", type="integer"),
        Field(key="complete", label="Complete", type="boolean"),
        Field(
            key=name,
            label=title(heading) if heading.islower() else heading,
            type="list",
            children=search.fields,
        ),
    )
    values = [_example(one, search.sample) for one in required]
    sample = {
        "searched_for": ", ".join(values),
        "found": True,
        "count": 1,
        "complete": True,
        name: [search.sample],
    }
    return fields, sample


def _example(one: InputField, record: Mapping[str, Any]) -> str:
    """Return an example of an input's value: from the sample record or, if it has none, the specification."""
    inside = [at_path(record, path) for path in one.found_at]
    found = next((value for value in (*inside, one.example) if value), None)
    return str(found if found is not None else A_TIME)
