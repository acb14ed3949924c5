"""Computes the values for the README template of a package."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from connector.definition.model import Action, Integration, Search
from connector.generator.markdown import grouped
from connector.generator.n8n.offer import Offer
from connector.generator.n8n.package import CLI, package_name
from connector.generator.posted import LATE, TOGETHER, misses
from connector.generator.requests_a_day import requests_a_day


def readme_values(full: Integration, offered: Integration, listed: Sequence[Offer]) -> dict[str, Any]:
    """Compute the values for the README template.

    `full` is the vendor's integration, `offered` the part of it that the package contains, and `listed` the
    operations of the node.
    """
    login = offered.authentication
    fields = (*login.fields, *filter(None, (login.host,)))
    left_out = [
        one.label
        for all_steps, kept in (
            (full.triggers, offered.triggers),
            (full.actions, offered.actions),
            (full.searches, offered.searches),
        )
        for key, one in all_steps.items()
        if key not in kept
    ]
    return {
        "package": package_name(offered),
        "cli": CLI,
        "path": f"/{offered.vendor.id}{urlsplit(offered.base_url).path}",
        "fields": [_field(one.label, one.help, required=one.required) for one in fields],
        "permissions": sorted({f"`{scope}`" for one in listed if (scope := _scope(offered, one.step))}),
        "steps": [one.step for one in listed],
        "has_files": any(one.has_files for one in listed),
        "triggers": [*offered.triggers.values(), *offered.posted.values()],
        "is_posted": bool(offered.posted),
        "late": LATE,
        "requests_a_day": requests_a_day(
            offered, {key: one.label for key, one in offered.triggers.items()}, "n8n"
        ),
        "misses": grouped(
            [
                *((one.label, one.guarantees["n8n"].loses) for one in offered.triggers.values()),
                *([(TOGETHER, misses("n8n"))] if offered.posted else []),
            ]
        ),
        "left_out": left_out,
        "previews": [
            one.label for one in (*offered.triggers.values(), *(each.step for each in listed)) if one.preview
        ],
    }


def _field(label: str, text: str, *, required: bool) -> str:
    optional = "" if required else " (optional)"
    return f"**{label}**{optional}: {text}".rstrip(": ")


def _scope(integration: Integration, step: Action | Search) -> str | None:
    return integration.operations[step.operation].scope
