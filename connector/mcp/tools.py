"""Describes each search and action of the connections as a tool, with its inputs, guarantees and hints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mcp_types import Tool, ToolAnnotations

from connector.definition.action_guarantees import AFTER_LOSS, action_guarantees
from connector.definition.naming import listed
from connector.definition.offer import NOTICE
from connector.mcp.schemas import input_schema, object_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from connector.definition.model import Action, Integration, Risk, Search
    from connector.runtime.connection import Connection

    Connections = Mapping[str, Mapping[str, Connection]]
    """Connections, keyed by vendor ID and then by profile name."""

PROFILE, LIMIT = "profile", "limit"
MOST_RECORDS, USUAL_RECORDS = 100, 10
MOST_AT_ONCE = 20
FULL_RECORDS = "returns_full_records"
ALWAYS: tuple[Risk, ...] = ("read", "write")
"""Actions with these risks are offered even without `--allow`."""
ON_REQUEST: tuple[Risk, ...] = ("financial", "destructive")
WARNINGS: Mapping[Risk, str] = {
    "financial": "Moves money: ask the user before each call.",
    "destructive": "Cannot be undone: ask the user before each call.",
}
ASSUMED = (
    "Preview: {title} does not document this request, and it was never tried on a real account. If it fails "
    "with status 400, 404, 405 or 422, its description is probably wrong; `returns verify {vendor}` checks."
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool, and the search, action or dropdown that it runs.

    `tool` is the description for clients. `key` is the key of the search or action; it is empty if `kind` is
    `choices`, because the dropdown is then an input of the tool. `profiles` are the names of the connections
    that the tool can use. If there are several, the tool has an input for the profile.
    """

    tool: Tool
    kind: Literal["search", "action", "choices"]
    integration: Integration
    key: str
    profiles: tuple[str, ...]


def offers(connections: Connections, allowed: Collection[Risk]) -> dict[str, Offer]:
    """Describe the tools of all connections, keyed by name.

    All searches are offered, and the actions whose risk is in `allowed`.
    """
    found: dict[str, Offer] = {}
    for by_profile in connections.values():
        integration = next(iter(by_profile.values())).integration
        for offer in _of_vendor(integration, tuple(by_profile), allowed):
            found[offer.tool.name] = offer
    return found


def full_records_tool() -> Tool:
    """Describe the tool that shows the whole records of earlier results."""
    records = {
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
        "maxItems": MOST_AT_ONCE,
        "description": 'The values of "record" in earlier results, such as r12.',
    }
    return Tool(
        name=FULL_RECORDS,
        title="Show Full Records",
        description="Shows records of earlier results with all fields, as the service returned them then. "
        "Sends no request.",
        input_schema=object_schema({"records": records}, ["records"]),
        annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False),
    )


def _of_vendor(
    integration: Integration, profiles: tuple[str, ...], allowed: Collection[Risk]
) -> Iterator[Offer]:
    actions = [action for action in integration.actions.values() if action.risk in allowed]
    searches = list(integration.searches.values())
    lists = _lists(integration, [*searches, *actions])
    choices_tool = f"{integration.vendor.id}_list_choices" if lists else ""
    for search in searches:
        tool = _search_tool(integration, search, profiles, choices_tool)
        yield Offer(tool, "search", integration, search.key, profiles)
    for action in actions:
        tool = _action_tool(integration, action, profiles, choices_tool)
        yield Offer(tool, "action", integration, action.key, profiles)
    if lists:
        tool = _choices_tool(integration, choices_tool, lists, profiles)
        yield Offer(tool, "choices", integration, "", profiles)


def _lists(integration: Integration, steps: Sequence[Search | Action]) -> list[str]:
    """Return the keys of the steps' dropdowns whose options must be requested from the vendor."""
    used = {
        field.dropdown
        for step in steps
        for outer in step.inputs
        for field in (outer, *outer.children)
        if field.dropdown
    }
    return [key for key, dropdown in integration.dropdowns.items() if key in used and not dropdown.choices]


def _search_tool(
    integration: Integration, search: Search, profiles: tuple[str, ...], choices_tool: str
) -> Tool:
    operation = integration.operations[search.operation]
    limit = {
        "type": "integer",
        "minimum": 1,
        "maximum": MOST_RECORDS,
        "default": USUAL_RECORDS,
        "description": "How many records to return at most.",
    }
    several = {LIMIT: limit} if operation.payload_is_list else {}
    return Tool(
        name=f"{integration.vendor.id}_{search.key}",
        title=f"{integration.vendor.title}: {search.label}",
        description=" ".join(_of_search(integration, search)),
        input_schema=input_schema(
            integration,
            search.inputs,
            {**_profile(profiles), **several},
            required=list(_profile(profiles)),
            choices_tool=choices_tool,
        ),
        annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=True),
    )


def _of_search(integration: Integration, search: Search) -> Iterator[str]:
    yield search.description.removesuffix(f" {NOTICE}")
    if search.at_least_one:
        yield f"Give {listed(search.at_least_one)}, or several of them."
    if search.preview:
        yield _assumed(integration)


def _action_tool(
    integration: Integration, action: Action, profiles: tuple[str, ...], choices_tool: str
) -> Tool:
    return Tool(
        name=f"{integration.vendor.id}_{action.key}",
        title=f"{integration.vendor.title}: {action.label}",
        description=" ".join(_of_action(integration, action)),
        input_schema=input_schema(
            integration,
            action.inputs,
            _profile(profiles),
            required=list(_profile(profiles)),
            choices_tool=choices_tool,
        ),
        annotations=hints(action),
    )


def _of_action(integration: Integration, action: Action) -> Iterator[str]:
    yield action.description.removesuffix(f" {NOTICE}")
    if warning := WARNINGS.get(action.risk):
        yield warning
    here = next(one for one in action_guarantees(action) if one.runtime == "python")
    yield f"After a failure or a lost connection: {AFTER_LOSS[here.after_failure]}."
    if action.preview:
        yield _assumed(integration)


def hints(action: Action) -> ToolAnnotations:
    """Build the protocol's hints for an action: whether it only reads, destroys data, or can be repeated."""
    return ToolAnnotations(
        read_only_hint=action.risk == "read",
        destructive_hint=action.risk in ON_REQUEST,
        idempotent_hint=action.after_timeout == "repeat",
        open_world_hint=True,
    )


def _choices_tool(
    integration: Integration, name: str, lists: Sequence[str], profiles: tuple[str, ...]
) -> Tool:
    nouns = ", ".join(f"{key} ({integration.dropdowns[key].noun})" for key in lists)
    properties: dict[str, Any] = {
        **_profile(profiles),
        "list": {"type": "string", "enum": list(lists), "description": f"One of: {nouns}."},
        "search": {"type": "string", "description": "Text that the label contains."},
        "page": {
            "type": ["string", "integer"],
            "description": "The value of next_page in the result before; leave it out for the first page.",
        },
    }
    return Tool(
        name=name,
        title=f"{integration.vendor.title}: List Choices",
        description="Lists the values that an input of the other tools accepts, with their labels, a page at "
        "a time.",
        input_schema=object_schema(properties, [*_profile(profiles), "list"]),
        annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=True),
    )


def _profile(profiles: tuple[str, ...]) -> dict[str, Any]:
    """Build the input that selects a connection; return {} if there is only one connection."""
    if len(profiles) == 1:
        return {}
    return {
        PROFILE: {
            "type": "string",
            "enum": list(profiles),
            "description": "The connection to use; ask the user if it is not clear which one.",
        }
    }


def _assumed(integration: Integration) -> str:
    return ASSUMED.format(title=integration.vendor.title, vendor=integration.vendor.id)
