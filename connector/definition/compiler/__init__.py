"""Description + catalog -> `Integration`.

Every name in the catalog is looked up, every complaint is collected, and each names its line. An
operation of the description that the catalog neither uses nor excludes with a reason is a complaint too.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

import openapi
from connector.definition import yaml_lines
from connector.definition.catalog import Catalog, CursorEntry, NumberedEntry, OffsetEntry
from connector.definition.compiler import login, steps, unified
from connector.definition.compiler.fields import with_words
from connector.definition.document import Spec, SpecError
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
from connector.definition.naming import did_you_mean, listed
from connector.definition.paths import Resolver, dotted, walk
from connector.errors import CatalogError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

CATALOGS = files("connector") / "catalog"
SECONDS = {"second": 1, "minute": 60, "day": 86_400}


def vendors() -> list[str]:
    """Names of the vendors that have a catalog, sorted."""
    names = (entry.name for entry in CATALOGS.iterdir())
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def integration(vendor: str) -> Integration:
    """Compile the integration of `vendor`.

    Raises `ConfigurationError` for an unknown vendor and `CatalogError` for a catalog that does not fit.
    """
    known = vendors()
    if vendor not in known:
        guess = did_you_mean(vendor, known) or f"; there is {listed(known)}."
        raise ConfigurationError(f"There is no vendor {vendor!r}{guess}")
    text = (CATALOGS / f"{vendor}.yaml").read_text(encoding="utf-8")
    return join(openapi.read(vendor), text, f"{vendor}.yaml")


def join(document: Mapping[str, Any], catalog: str, name: str) -> Integration:
    """Join a parsed description and the text of a catalog called `name`; raises `CatalogError`."""
    try:
        source = yaml_lines.parse(name, catalog)
        spec = Spec(document)
    except (yaml.YAMLError, SpecError) as problem:
        raise CatalogError([f"{name}: {problem}"]) from problem
    try:
        words = Catalog.model_validate(source.data)
    except ValidationError as refusal:
        raise CatalogError([_sentence(source, error) for error in refusal.errors()]) from refusal
    resolver = Resolver(spec, source)
    made = _compile(words, resolver)
    if resolver.problems:
        raise CatalogError(resolver.problems)
    return made


def _sentence(source: yaml_lines.Located, error: Any) -> str:
    """Say what pydantic found wrong, at the YAML's line (members of unions in its location are skipped)."""
    path: tuple[str, ...] = ()
    for step in error["loc"]:
        if (*path, str(step)) in source.lines:
            path = (*path, str(step))
    where = ".".join(str(step) for step in error["loc"]) or "the catalog"
    last = str(error["loc"][-1]) if error["loc"] else ""
    message = "is not a word of the vocabulary" if error["type"] == "extra_forbidden" else error["msg"]
    if error["type"] == "missing":
        message = f"{last} is missing"
    return source.complaint(path, f"{where}: {message}.")


def _compile(words: Catalog, resolver: Resolver) -> Integration:
    paging = _paging(words, resolver)
    operations = {key: _with_payload(one, words, resolver) for key, one in resolver.spec.operations.items()}
    resolver.spec.operations = operations
    resolver.filled = set(words.authentication.sends)
    resolver.paged = {
        name: {_position(one), one.size} for one in words.paging.values() for name in one.operations
    }
    resources = steps.resources(words, resolver)
    limits = _limits(words)
    actions = steps.actions(words, resolver, resources)
    dropdowns = steps.dropdowns(words, resolver, actions)
    made = Integration(
        vendor=words.vendor,
        environments=_environments(words, resolver),
        authentication=login.authentication(words.authentication, resolver),
        errors=ErrorFormat(
            code=dotted(words.errors.code),
            message=dotted(words.errors.message),
            fields=dotted(words.errors.fields) if words.errors.fields else None,
            by_status=words.errors.by_status,
            by_code=words.errors.by_code,
        ),
        limits=limits,
        paging=paging,
        operations=operations,
        resources=resources,
        triggers=with_words(steps.triggers(words, resolver, resources, limits), dropdowns),
        actions=with_words(actions, dropdowns),
        searches=with_words(steps.searches(words, resolver, resources), dropdowns),
        dropdowns=dropdowns,
        find_or_create=steps.find_or_create(words, resolver),
        excluded=words.exclude,
        unified=words.unified,
    )
    unified.check(words.unified, resolver, made.resources, made.triggers)
    _check_use(words, resolver)
    return made


def _with_payload(operation: Operation, words: Catalog, resolver: Resolver) -> Operation:
    said = words.payload if isinstance(words.payload, str) else words.payload.get(operation.id)
    path = dotted(said) if said else ()
    payload = walk(operation.response.children, path) if path else operation.response
    if payload is None:
        resolver.complain(("payload",), f"the answer of {operation.id} has nothing at {said}.")
    paging = next((key for key, one in words.paging.items() if operation.id in one.operations), None)
    is_list = payload is not None and payload.type == "list"
    return operation.model_copy(update={"payload": path, "payload_is_list": is_list, "paging": paging})


def _environments(words: Catalog, resolver: Resolver) -> tuple[Environment, ...]:
    for key, one in words.environments.items():
        if one.base_url not in resolver.spec.servers:
            at = ("environments", key, "base_url")
            resolver.complain(at, f"environment {key} is served at {one.base_url}, no server of the spec.")
    return tuple(
        Environment(key=key, label=one.label, base_url=one.base_url)
        for key, one in words.environments.items()
    )


def _limits(words: Catalog) -> Limits:
    said = words.limits
    plans = tuple(
        Plan(
            name=name,
            windows=tuple(
                Window(requests=requests, seconds=seconds)
                for unit, seconds in SECONDS.items()
                if (requests := getattr(one, unit))
            ),
        )
        for name, one in said.plans.items()
    )
    shortest = min(
        (window for plan in plans for window in plan.windows),
        key=lambda one: (one.seconds, one.requests),
        default=None,
    )
    return Limits(
        plans=plans,
        throttle=shortest,
        limit_header=said.limit_header and said.limit_header.lower(),
        remaining_header=said.remaining_header and said.remaining_header.lower(),
        reset_header=said.reset_header and said.reset_header.lower(),
        headers=tuple(
            WindowHeaders(seconds=SECONDS[unit], limit=one.limit.lower(), remaining=one.remaining.lower())
            for unit, one in said.headers.items()
        ),
    )


def _paging(words: Catalog, resolver: Resolver) -> dict[str, Paging]:
    made = {}
    for key, one in words.paging.items():
        most = one.page_size
        position = _position(one)
        following = one.next if isinstance(one, CursorEntry) else None
        for index, name in enumerate(one.operations):
            at = ("paging", key, "operations", index)
            operation = resolver.spec.operations.get(name)
            if operation is None:
                guess = did_you_mean(name, resolver.spec.operations) or "."
                resolver.complain(
                    at, f"paging {key} names operation {name}, which the spec does not have{guess}"
                )
                continue
            resolver.parameter(operation, position, at, f"paging {key}")
            size = resolver.parameter(operation, one.size, at, f"paging {key}")
            most = int(size.field.bounds.maximum or most) if size else most
            for path in filter(None, (one.total, one.size_reported, following)):
                resolver.path(operation.response.children, path, at, f"paging {key}")
        if one.page_size > most:
            resolver.complain(("paging", key, "page_size"), f"the API allows {most} to a page at most.")
        made[key] = Paging(
            style=one.style,
            page_parameter=position,
            size_parameter=one.size,
            first=one.first if isinstance(one, NumberedEntry) else 0,
            size=one.page_size,
            max_size=most,
            next=dotted(following) if following else None,
            total=dotted(one.total) if one.total else None,
            size_reported=dotted(one.size_reported) if one.size_reported else None,
            missing_is_empty=one.missing_is_empty,
        )
    return made


def _position(words: NumberedEntry | OffsetEntry | CursorEntry) -> str:
    """Return the parameter that says where a page begins."""
    if isinstance(words, NumberedEntry):
        return words.page
    return words.offset if isinstance(words, OffsetEntry) else words.cursor


def _check_use(words: Catalog, resolver: Resolver) -> None:
    for name in resolver.spec.operations:
        if name not in resolver.used and name not in words.exclude:
            resolver.complain((), f"operation {name} is neither used nor excluded with a reason.")
    for name in words.exclude:
        at = ("exclude", name)
        if name in resolver.used:
            resolver.complain(at, f"operation {name} is excluded and used.")
        elif name not in resolver.spec.operations:
            guess = did_you_mean(name, resolver.spec.operations) or "."
            resolver.complain(at, f"exclude names operation {name}, which the spec does not have{guess}")
