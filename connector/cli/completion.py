"""Shell completion for vendors, triggers, actions, searches, inputs, environments and profiles.

The shell inserts everything that a completion prints into the line that the user is typing. Every function
therefore returns an empty list instead of raising an error, for example for an unknown vendor, an invalid
catalog or profiles file, or a missing home folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer  # noqa: TC002 - typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from connector.definition.model import InputField, Integration

Completions = list[tuple[str, str]]  # each value with a short description
OFFERS = {"trigger": "triggers", "action": "actions", "search": "searches"}


def _completes(
    candidates: Callable[[typer.Context], Iterable[tuple[str, str]]],
) -> Callable[[typer.Context, str], Completions]:
    """Decorate a function that yields candidates, so that it returns those that start with the typed text.

    The decorated function returns an empty list if the original function raises an error.
    """

    def complete(ctx: typer.Context, incomplete: str) -> Completions:
        try:
            return [(value, text) for value, text in candidates(ctx) if value.startswith(incomplete)]
        except Exception:  # noqa: BLE001 - a completion must not print an error
            return []

    return complete


@_completes
def complete_vendor(ctx: typer.Context) -> Iterator[tuple[str, str]]:
    """Complete a vendor's ID or, for `trigger --all`, the name of a trigger of any vendor."""
    from connector.definition.compiler import integration, vendors

    if ctx.params.get("everywhere"):
        from connector.unified.events import event_names

        yield from ((name, "") for name in sorted(event_names(map(integration, vendors()))))
    else:
        yield from ((name, "") for name in vendors())


@_completes
def complete_app(_ctx: typer.Context) -> Iterator[tuple[str, str]]:
    """Complete the name of an app that is generated: a vendor's ID, or `hub`."""
    from connector.definition.compiler import apps

    yield from ((name, "") for name in apps())


@_completes
def complete_key(ctx: typer.Context) -> Iterator[tuple[str, str]]:
    """Complete the key of one of the vendor's triggers, actions or searches, depending on the command."""
    yield from ((key, offer.label) for key, offer in _offers(ctx, _integration(ctx)).items())


@_completes
def complete_input(ctx: typer.Context) -> Iterator[tuple[str, str]]:
    """Complete the key of an input and the equals sign after it, for example `order_number=`."""
    yield from _inputs(_offers(ctx, _integration(ctx))[_argument(ctx, "key") or ""].inputs, "")


@_completes
def complete_environment(ctx: typer.Context) -> Iterator[tuple[str, str]]:
    """Complete the key of one of the vendor's environments, such as `production`."""
    yield from ((environment.key, environment.base_url) for environment in _integration(ctx).environments)


@_completes
def complete_profile(ctx: typer.Context) -> Iterator[tuple[str, str]]:
    """Complete the name of one of the vendor's profiles.

    Offers all vendors' profiles if `--all` is given or if no vendor has been typed yet.
    """
    from connector.cli.options import profiles
    from connector.definition.compiler import vendors

    vendor = None if ctx.params.get("everywhere") else _argument(ctx, "vendor")
    chosen = [vendor] if vendor else vendors()
    known = profiles()
    yield from ((name, "") for name in sorted({name for vendor in chosen for name in known.names(vendor)}))


def _integration(ctx: typer.Context) -> Integration:
    from connector.definition.compiler import integration

    return integration(_argument(ctx, "vendor") or "")


def _argument(ctx: typer.Context, name: str) -> str | None:
    """Return the value of the `vendor` or `key` argument; None if it is not on the command line.

    `vendor` is the first argument and `key` is the second. If the command line ends with an option that has
    no value yet, the parser stops before it assigns the arguments to their names. All arguments are then in
    `ctx.args`.
    """
    position = ("vendor", "key").index(name)
    rest = ctx.args[position] if len(ctx.args) > position else None
    return ctx.params.get(name) or rest


def _offers(ctx: typer.Context, integration: Integration) -> dict[str, Any]:
    offers: dict[str, Any] = getattr(integration, OFFERS[str(ctx.info_name)])
    return offers


def _inputs(fields: Sequence[InputField], prefix: str) -> Iterator[tuple[str, str]]:
    for field in fields:
        if field.children:
            yield from _inputs(field.children, f"{prefix}{field.key}{'[0]' if field.type == 'list' else ''}.")
        else:
            yield f"{prefix}{field.key}=", field.label
