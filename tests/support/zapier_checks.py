"""Zapier's publishing checks, as far as a definition alone can tell.

Zapier runs them on its servers when an app is submitted; the structural validator in core knows none of
them. Each function takes the definition as core serialises it and yields a sentence per complaint; its
name begins with the number that Zapier's check reference gives it.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

Definition = dict[str, Any]
Step = dict[str, Any]
Check = Callable[[Definition], Iterator[str]]

_CREDENTIAL = re.compile(r"passw|secret|token|api_?key|credential", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_SMALL = {"a", "an", "and", "by", "for", "in", "of", "on", "or", "the", "to", "with"}
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "datetime": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def steps(definition: Definition, *kinds: str) -> Iterator[tuple[str, Step]]:
    """Every step that people see, by its path in the definition."""
    for kind in kinds or ("triggers", "creates", "searches"):
        for key, step in definition.get(kind, {}).items():
            if not step["display"].get("hidden"):
                yield f"{kind}.{key}", step


def inputs(step: Step) -> Iterator[dict[str, Any]]:
    """The step's input fields and, after each, the columns of its line items."""
    for field in step["operation"].get("inputFields", []):
        yield field
        yield from field.get("children", [])


def d001_no_credentials_in_steps(definition: Definition) -> Iterator[str]:
    for path, step in steps(definition):
        for field in inputs(step):
            if field.get("type") == "password" or _CREDENTIAL.search(field["key"]):
                yield f"{path} asks for the credential {field['key']}; that belongs to the login."


def d003_connection_label_names_the_account(definition: Definition) -> Iterator[str]:
    login = definition["authentication"]
    label = login.get("connectionLabel", "")
    secret = {one["key"] for one in login["fields"] if one.get("type") == "password"}
    if "{{" not in label:
        yield f"The connection label {label!r} is the same for every account."
    for key in re.findall(r"{{\s*(?:bundle\.authData\.)?(\w+)\s*}}", label):
        if key in secret:
            yield f"The connection label shows {key}."


def d004_ids_have_dropdowns(definition: Definition) -> Iterator[str]:
    for path, step in steps(definition):
        for field in inputs(step):
            is_id = re.search(r"(^|_)id$", field["key"]) or field.get("label", "").endswith(" ID")
            if is_id and not {"dynamic", "choices", "search"} & field.keys():
                yield f"{path} asks for the id {field['key']} without a dropdown."


def d005_dropdowns_exist(definition: Definition) -> Iterator[str]:
    for path, step in steps(definition):
        for field in inputs(step):
            if "dynamic" in field:
                trigger, *keys = re.split(r"[.,]", field["dynamic"])
                found = definition["triggers"].get(trigger, {"operation": {}})
                known = {one["key"] for one in found["operation"].get("outputFields", [])}
                if missing := set(keys) - known:
                    yield f"{path}.{field['key']} takes {sorted(missing)} from {trigger}, which has none."


def d006_hooks_can_be_listed(definition: Definition) -> Iterator[str]:
    for path, step in steps(definition, "triggers"):
        if step["operation"].get("type") == "hook" and "performList" not in step["operation"]:
            yield f"{path} is a hook without performList."


def d009_searches_have_inputs(definition: Definition) -> Iterator[str]:
    for path, step in steps(definition, "searches"):
        if not step["operation"].get("inputFields"):
            yield f"{path} has nothing to search by."


def d010_samples_hold_the_identity(definition: Definition) -> Iterator[str]:
    for path, step in steps(definition, "triggers"):
        fields = step["operation"].get("outputFields", [])
        identity = [one["key"] for one in fields if one.get("primary")] or ["id"]
        for key in identity:
            if step["operation"].get("sample", {}).get(key) in (None, ""):
                yield f"{path} is identified by {key}, which its sample lacks."


def d012_samples_are_static(definition: Definition) -> Iterator[str]:
    for path, step in steps(definition):
        sample = step["operation"].get("sample")
        if not isinstance(sample, dict) or not sample:
            yield f"{path} has no sample."


def d013_search_buttons_exist(definition: Definition) -> Iterator[str]:
    for path, step in steps(definition):
        for field in inputs(step):
            if "search" in field:
                search, key = field["search"].split(".")
                found = definition["searches"].get(search, {"operation": {}})
                if key not in {one["key"] for one in found["operation"].get("outputFields", [])}:
                    yield f"{path}.{field['key']} offers the search {field['search']}, which is not there."


def d014_search_buttons_have_dropdowns(definition: Definition) -> Iterator[str]:
    for path, step in steps(definition):
        for field in inputs(step):
            if "search" in field and "dynamic" not in field:
                yield f"{path}.{field['key']} has a search button but no dropdown."


def d015_find_or_creates_exist(definition: Definition) -> Iterator[str]:
    for key, pair in definition.get("searchOrCreates", {}).items():
        if pair["search"] not in definition["searches"] or pair["create"] not in definition["creates"]:
            yield f"searchOrCreates.{key} names a search or a create that is not there."


def d018_labels_are_in_title_case(definition: Definition) -> Iterator[str]:
    labelled = [*steps(definition), *steps(definition, "searchOrCreates")]
    for path, step in labelled:
        for index, word in enumerate(step["display"]["label"].split()):
            if word[0].islower() and (index == 0 or word not in _SMALL):
                yield f"The label of {path}, {step['display']['label']!r}, is not in Title Case."
                break


def d021_descriptions_follow_the_pattern(definition: Definition) -> Iterator[str]:
    beginnings = {
        "triggers": r"Triggers when ",
        "creates": r"[A-Z][a-z]+s ",
        "searches": r"Finds ",
        "searchOrCreates": r"Finds ",
    }
    for kind, beginning in beginnings.items():
        for path, step in steps(definition, kind):
            if not re.fullmatch(rf"{beginning}.*\w\.", step["display"]["description"]):
                yield f"{path} is described as {step['display']['description']!r}."


def d022_creates_have_inputs(definition: Definition) -> Iterator[str]:
    for path, step in steps(definition, "creates"):
        if not any("key" in one for one in step["operation"].get("inputFields", [])):
            yield f"{path} has no static input."


def d023_sample_times_carry_a_zone(definition: Definition) -> Iterator[str]:
    for path, step in steps(definition):
        for field in step["operation"].get("outputFields", []):
            if field.get("type") == "datetime":
                for value in values(step["operation"].get("sample", {}), field["key"]):
                    if value is not None and not _MOMENT.fullmatch(str(value)):
                        yield f"{path} shows {field['key']} as {value!r}."


def d024_samples_agree_with_the_fields(definition: Definition) -> Iterator[str]:
    for path, step in steps(definition):
        for field in step["operation"].get("outputFields", []):
            kinds = _KINDS.get(field.get("type", ""))
            for value in values(step["operation"].get("sample", {}), field["key"]):
                if kinds and value is not None and not _is(value, kinds):
                    yield f"{path} states {field['key']} as {field['type']}, its sample has {value!r}."


def _is(value: Any, kinds: tuple[type, ...]) -> bool:
    found = value if isinstance(value, list) else [value]
    return all(isinstance(one, kinds) and (bool in kinds or not isinstance(one, bool)) for one in found)


def values(record: Any, key: str) -> list[Any]:
    """What a record holds under an output field's key: `customer__email`, `items[]sku`."""
    found = [record]
    for name in re.split(r"__|\[\]", key):
        below = [one[name] for one in found if isinstance(one, dict) and name in one]
        found = [one for value in below for one in (value if _is_rows(value) else [value])]
    return found


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


CHECKS: tuple[Check, ...] = (
    d001_no_credentials_in_steps,
    d003_connection_label_names_the_account,
    d004_ids_have_dropdowns,
    d005_dropdowns_exist,
    d006_hooks_can_be_listed,
    d009_searches_have_inputs,
    d010_samples_hold_the_identity,
    d012_samples_are_static,
    d013_search_buttons_exist,
    d014_search_buttons_have_dropdowns,
    d015_find_or_creates_exist,
    d018_labels_are_in_title_case,
    d021_descriptions_follow_the_pattern,
    d022_creates_have_inputs,
    d023_sample_times_carry_a_zone,
    d024_samples_agree_with_the_fields,
)
