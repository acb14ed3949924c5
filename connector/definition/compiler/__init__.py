"""Compiles a vendor's specification and catalog into an `Integration`.

Every name in the catalog is checked against the specification. All problems are collected and raised together
as one `CatalogError` with the line number of each problem. An operation in the specification that the catalog
does not use is also a problem, unless the catalog excludes it with a reason.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

import openapi
from connector.definition import facts as account
from connector.definition import specification, yaml_lines
from connector.definition.catalog import Catalog, CursorEntry, NumberedEntry, OffsetEntry
from connector.definition.compiler import login, posted, steps, unified, webhooks
from connector.definition.compiler.actions import actions as compiled_actions
from connector.definition.compiler.dependent_dropdowns import dependent_dropdowns
from connector.definition.compiler.fields import with_known_values
from connector.definition.model import (
    Environment,
    ErrorFormat,
    Integration,
    Limits,
    Operation,
    Paging,
    Plan,
    Window,
    WindowHeaders,
)
from connector.definition.offer import with_previews
from connector.definition.paths import Resolver, dotted, walk
from connector.definition.spelling import did_you_mean, unknown
from connector.errors import CatalogError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.facts import Facts

CATALOGS = files("connector") / "catalog"
SECONDS = {"second": 1, "minute": 60, "day": 86_400}


def vendors() -> list[str]:
    """List the IDs of all vendors that have a catalog or a specification, in alphabetical order.

    A vendor with only one of the two files is listed too; `integration` then reports the missing file. The
    hub has both files, but is not a vendor.
    """
    return sorted((_catalogs() - {openapi.HUB}) | set(openapi.vendors()))


def apps() -> list[str]:
    """List the names of all apps that are generated, in alphabetical order: one per vendor, and the hub's."""
    return sorted(_catalogs() | set(openapi.vendors()))


def _catalogs() -> set[str]:
    names = (file.name for file in CATALOGS.iterdir())
    return {name.removesuffix(".yaml") for name in names if name.endswith(".yaml")}


def integration(vendor: str, facts: Facts | None = None) -> Integration:
    """Compile the integration of `vendor` from its specification and catalog.

    With `facts`, parts of the specification that they confirm count as observed instead of assumed.

    Raises `ConfigurationError` if the vendor is unknown, and `CatalogError` if either file is missing or
    invalid, or if the catalog does not match the specification.
    """
    known = vendors()
    if vendor not in known:
        raise ConfigurationError(unknown("vendor", vendor, known))
    return _compiled(vendor, facts)


def app(name: str, facts: Facts | None = None) -> Integration:
    """Compile what the app `name` is generated from: a vendor's integration, or the definition of the hub.

    The hub is not a vendor: it is in none of the lists of vendors, and only apps are made from its
    definition. The arguments and errors are those of `integration`.
    """
    known = apps()
    if name not in known:
        raise ConfigurationError(unknown("app", name, known))
    return _compiled(name, facts) if name == openapi.HUB else integration(name, facts)


def _compiled(name: str, facts: Facts | None) -> Integration:
    file = f"connector/catalog/{name}.yaml"
    try:
        text = (CATALOGS / f"{name}.yaml").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CatalogError([f"{file} is missing; openapi/{name}.yaml needs it."]) from error
    except UnicodeDecodeError as error:
        raise CatalogError([f"{file} is not UTF-8 text."]) from error
    return join(specification.read(name), text, file, facts)


def join(document: Mapping[str, Any], text: str, name: str, facts: Facts | None = None) -> Integration:
    """Compile an `Integration` from a specification and the text of the catalog file `name`.

    Raises `CatalogError` with all problems if the catalog is invalid or does not match the specification.
    """
    spec = specification.parsed(document, f"openapi/{name.rpartition('/')[2]}")
    if facts:
        account.apply(spec, facts)
    source = _parsed(name, text)
    try:
        catalog = Catalog.model_validate(source.data)
    except ValidationError as error:
        raise CatalogError([_sentence(source, detail) for detail in error.errors()]) from error
    resolver = Resolver(spec, source)
    compiled = _compile(catalog, resolver)
    if resolver.problems:
        raise CatalogError(resolver.problems)
    return with_previews(compiled)  # follows names, so all of them must exist


def _parsed(name: str, text: str) -> yaml_lines.Located:
    try:
        source = yaml_lines.parse(name, text)
    except yaml.YAMLError as error:
        raise CatalogError([yaml_lines.described(name, error)]) from error
    if source.data is None:
        raise CatalogError([f"{name} is empty."])
    if not isinstance(source.data, dict):
        raise CatalogError([f"{name}: a catalog is a mapping of sections, such as vendor and triggers."])
    return source


def _sentence(source: yaml_lines.Located, error: Any) -> str:
    """Format a pydantic validation error as one sentence that starts with the file name and line number.

    If an entry can have one of several types, the location that pydantic reports also contains the name of a
    type. This name does not occur in the file, so it is skipped when the line number is looked up.
    """
    path: tuple[str, ...] = ()
    for step in error["loc"]:
        if (*path, str(step)) in source.lines:
            path = (*path, str(step))
    where = ".".join(str(step) for step in error["loc"]) or "the catalog"
    match error["type"]:
        case "extra_forbidden":
            return source.message(path, f"{where} is not a known key.")
        case "missing":
            return source.message(path, f"{where} is missing.")
    return source.message(path, f"{where}: {error['msg']}.")


def _compile(catalog: Catalog, resolver: Resolver) -> Integration:
    paging = _paging(catalog, resolver)
    operations = {
        key: _with_payload(operation, catalog, resolver)
        for key, operation in resolver.spec.operations.items()
    }
    resolver.spec.operations = operations
    resolver.filled = set(catalog.authentication.sends)
    resolver.dependent = set(catalog.dependent_dropdowns)
    resolver.paged = {
        name: {_position(entry), entry.size} for entry in catalog.paging.values() for name in entry.operations
    }
    resources = steps.resources(catalog, resolver)
    limits = _limits(catalog)
    actions = compiled_actions(catalog, resolver, resources)
    dropdowns = steps.dropdowns(catalog, resolver, actions)
    compiled = Integration(
        vendor=catalog.vendor,
        environments=_environments(catalog, resolver),
        authentication=login.authentication(catalog.authentication, resolver),
        errors=ErrorFormat(
            code=dotted(catalog.errors.code),
            message=dotted(catalog.errors.message),
            fields=dotted(catalog.errors.fields) if catalog.errors.fields else None,
            by_status=catalog.errors.by_status,
            by_code=catalog.errors.by_code,
        ),
        limits=limits,
        paging=paging,
        operations=operations,
        resources=resources,
        triggers=with_known_values(steps.triggers(catalog, resolver, resources, limits), dropdowns),
        actions=with_known_values(actions, dropdowns),
        searches=with_known_values(steps.searches(catalog, resolver, resources), dropdowns),
        dropdowns=dropdowns,
        dependent_dropdowns=dependent_dropdowns(catalog, resolver),
        find_or_create=steps.find_or_create(catalog, resolver),
        excluded=catalog.exclude,
        unified=catalog.unified,
        webhooks=catalog.webhooks,
        subscriptions=posted.subscriptions(catalog, resolver),
        posted=posted.triggers(catalog, resolver, resources),
    )
    unified.check(catalog.unified, resolver, compiled.resources, compiled.triggers)
    unified.check_steps(catalog.unified, resolver, compiled.searches, compiled.actions)
    webhooks.check(catalog, resolver)
    _check_use(catalog, resolver)
    return compiled


def _with_payload(operation: Operation, catalog: Catalog, resolver: Resolver) -> Operation:
    written = catalog.payload if isinstance(catalog.payload, str) else catalog.payload.get(operation.id)
    path = dotted(written) if written else ()
    payload = walk(operation.response.children, path) if path else operation.response
    if payload is None:
        resolver.report(("payload",), f"the answer of {operation.id} has no field {written}.")
    paging = next((key for key, entry in catalog.paging.items() if operation.id in entry.operations), None)
    is_list = payload is not None and payload.type == "list"
    return operation.model_copy(update={"payload": path, "payload_is_list": is_list, "paging": paging})


def _environments(catalog: Catalog, resolver: Resolver) -> tuple[Environment, ...]:
    for key, entry in catalog.environments.items():
        if entry.base_url not in resolver.spec.servers:
            at = ("environments", key, "base_url")
            resolver.report(
                at,
                f"environment {key} has base URL {entry.base_url}, no server of the specification.",
            )
    return tuple(
        Environment(key=key, label=entry.label, base_url=entry.base_url)
        for key, entry in catalog.environments.items()
    )


def _limits(catalog: Catalog) -> Limits:
    entry = catalog.limits
    plans = tuple(
        Plan(
            name=name,
            windows=tuple(
                Window(requests=requests, seconds=seconds)
                for unit, seconds in SECONDS.items()
                if (requests := getattr(plan, unit))
            ),
        )
        for name, plan in entry.plans.items()
    )
    shortest = min(
        (window for plan in plans for window in plan.windows),
        key=lambda window: (window.seconds, window.requests),
        default=None,
    )
    return Limits(
        plans=plans,
        throttle=shortest,
        limit_header=entry.limit_header and entry.limit_header.lower(),
        remaining_header=entry.remaining_header and entry.remaining_header.lower(),
        reset_header=entry.reset_header and entry.reset_header.lower(),
        headers=tuple(
            WindowHeaders(
                seconds=SECONDS[unit], limit=header.limit.lower(), remaining=header.remaining.lower()
            )
            for unit, header in entry.headers.items()
        ),
    )


def _paging(catalog: Catalog, resolver: Resolver) -> dict[str, Paging]:
    compiled = {}
    for key, entry in catalog.paging.items():
        largest = entry.page_size
        position = _position(entry)
        following = entry.next if isinstance(entry, CursorEntry) else None
        for index, name in enumerate(entry.operations):
            at = ("paging", key, "operations", index)
            operation = resolver.spec.operations.get(name)
            if operation is None:
                suggestion = did_you_mean(name, resolver.spec.operations) or "."
                resolver.report(
                    at,
                    f"paging {key} names operation {name}, which the specification does not have{suggestion}",
                )
                continue
            resolver.parameter(operation, position, at, f"paging {key}")
            size = resolver.parameter(operation, entry.size, at, f"paging {key}")
            largest = int(size.field.bounds.maximum or largest) if size else largest
            for path in filter(None, (entry.total, entry.size_reported, following)):
                resolver.path(operation.response.children, path, at, f"paging {key}")
        if entry.page_size > largest:
            resolver.report(
                ("paging", key, "page_size"),
                f"page_size is {entry.page_size}, but the API allows at most {largest}.",
            )
        compiled[key] = Paging(
            style=entry.style,
            page_parameter=position,
            size_parameter=entry.size,
            first=entry.first if isinstance(entry, NumberedEntry) else 0,
            size=entry.page_size,
            max_size=largest,
            next=dotted(following) if following else None,
            total=dotted(entry.total) if entry.total else None,
            size_reported=dotted(entry.size_reported) if entry.size_reported else None,
            missing_is_empty=entry.missing_is_empty,
        )
    return compiled


def _position(entry: NumberedEntry | OffsetEntry | CursorEntry) -> str:
    """Return the name of the parameter for the page number, offset or cursor."""
    if isinstance(entry, NumberedEntry):
        return entry.page
    return entry.offset if isinstance(entry, OffsetEntry) else entry.cursor


def _check_use(catalog: Catalog, resolver: Resolver) -> None:
    for name in resolver.spec.operations:
        if name not in resolver.used and name not in catalog.exclude:
            resolver.report((), f"operation {name} is neither used nor excluded with a reason.")
    for name in catalog.exclude:
        at = ("exclude", name)
        if name in resolver.used:
            resolver.report(at, f"operation {name} is both used and excluded.")
        elif name not in resolver.spec.operations:
            suggestion = did_you_mean(name, resolver.spec.operations) or "."
            resolver.report(
                at, f"exclude names operation {name}, which the specification does not have{suggestion}"
            )
