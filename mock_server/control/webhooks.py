"""Control plane operations on webhooks: add, list, change, delete and test them."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from mock_server.clock import timestamp
from mock_server.control.context import ControlContext, conflict, invalid, is_of_vendor
from mock_server.control.deliveries import delivery
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.spelling import UnknownNameError
from mock_server.webhooks.format import WebhookFormat
from mock_server.webhooks.outbox import shown_url
from mock_server.webhooks.registry import UnknownWebhookError, Webhook
from mock_server.webhooks.transport import url_problem


class WebhookEndpoints:
    """Handles the operations on a tenant's webhooks."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context
        self._webhooks = context.world.webhooks

    def list_webhook_events(self, call: Call) -> Reply:
        self._context.tenant(call)
        format_ = self._webhooks.format_of(self._context.vendor_in_path(call).name)
        if format_ is None:
            return Reply(200, {"events": [], "signed": False, "versions": [], "retries": [], "own_api": None})
        described = {
            "events": [{"name": kind.name, "occurs": kind.occurs} for kind in format_.kinds],
            "signed": bool(format_.new_secret()),
            "versions": list(format_.versions),
            "retries": list(format_.delays),
            "own_api": format_.own_api or None,
        }
        return Reply(200, described)

    async def list_webhooks(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        found = [one for one in self._webhooks.every(tenant) if is_of_vendor(call, one.vendor)]
        problems = await asyncio.gather(*(self._webhooks.target_problem(one.url) for one in found))
        return Reply(200, {"webhooks": list(map(self._shown, found, problems))})

    async def create_webhook(self, call: Call) -> Reply:
        self._context.tenant(call)
        requested = call.body
        format_ = self._format(self._context.vendor(requested["vendor"]).name)
        if format_.own_api:
            raise invalid(
                "vendor",
                f"{format_.vendor} registers webhooks with its own API; call its operation {format_.own_api}",
            )
        await self._check(format_, requested)
        tenant = self._context.tenant(call).name  # it may have been deleted during the check
        secret = requested.get("secret") or format_.new_secret()
        with self._context.world.store.change() as change:
            webhook = self._webhooks.add(
                change,
                tenant,
                format_.vendor,
                url=requested["url"],
                events=requested.get("events") or [kind.name for kind in format_.kinds],
                secret=secret,
                conditions=requested.get("conditions", {}),
                version=_stored_version(format_, requested.get("version")),
            )
        return Reply(201, {**self._shown(webhook, ""), "secret": secret or None})

    async def change_webhook(self, call: Call) -> Reply:
        tenant, requested, webhook = self._context.tenant(call).name, call.body, self._webhook(call)
        format_ = self._format(webhook.vendor)
        if webhook.own:
            return conflict(
                ValueError(
                    f"{webhook.vendor} registered this webhook with its own API; change it with that API."
                )
            )
        await self._check(format_, requested)
        # Awaited before the change: after it, an await would let the commit fail unnoticed.
        problem = await self._webhooks.target_problem(requested.get("url", webhook.url))
        webhook = self._webhook(call)  # another request may have changed it meanwhile
        values = dict(requested)
        if "events" in values:
            values["events"] = tuple(values["events"])
        changed = replace(webhook, **values)
        with self._context.world.store.change() as change:
            self._webhooks.save(change, tenant, changed)
        return Reply(200, self._shown(changed, problem))

    def delete_webhook(self, call: Call) -> Reply:
        tenant, webhook = self._context.tenant(call).name, self._webhook(call)
        with self._context.world.store.change() as change:
            self._webhooks.delete(change, tenant, webhook)
        return Reply(204, None)

    def send_test_event(self, call: Call) -> Reply:
        tenant, webhook = self._context.tenant(call).name, self._webhook(call)
        event = call.body.get("event", webhook.events[0])
        if event not in webhook.events:
            raise UnknownNameError("event", event, webhook.events, of=webhook.id, field="event")
        if not webhook.active:
            return conflict(ValueError(f"The webhook {webhook.id} is paused; resume it first."))
        with self._context.world.store.change() as change:
            id_ = self._webhooks.test(change, tenant, webhook, event)
        return Reply(202, delivery(self._context.world.outbox.delivery(tenant, id_)))

    def _webhook(self, call: Call) -> Webhook:
        """Look up the webhook in the request's path; raise `Problem("not_found")` if it does not exist."""
        try:
            return self._webhooks.get(self._context.tenant(call).name, call.path["webhook"])
        except UnknownWebhookError as error:
            raise Problem("not_found", str(error)) from None

    def _format(self, vendor: str) -> WebhookFormat:
        """Return a vendor's webhook format; raise `Problem` if no public source describes its webhooks."""
        format_ = self._webhooks.format_of(vendor)
        if format_ is None:
            raise invalid("vendor", f"no public source describes webhooks of {vendor}, so it sends none")
        return format_

    async def _check(self, format_: WebhookFormat, requested: Mapping[str, Any]) -> None:
        """Validate the fields of a new or changed webhook; raise `Problem` for the first invalid field.

        The URL is checked with the rules for deliveries, so that a webhook whose deliveries would be refused
        is not added.
        """
        known = [kind.name for kind in format_.kinds]
        if problem := url_problem(requested["url"]) if "url" in requested else "":
            raise invalid("url", problem)
        for event in cast("Iterable[str]", requested.get("events", ())):
            if event not in known:
                raise UnknownNameError("event", event, known, of=format_.vendor, field="events")
        if "secret" in requested and not format_.new_secret():
            raise invalid("secret", f"{format_.vendor} does not sign its deliveries")
        if "version" in requested and requested["version"] not in format_.versions:
            versions = ", ".join(map(str, sorted(format_.versions)))
            has = f"has the versions {versions}" if versions else "has only one version"
            raise invalid("version", f"the payload of {format_.vendor} {has}")
        problem = self._webhooks.conditions_problem(format_.vendor, requested.get("conditions", {}))
        if problem:
            field, _, message = problem.partition(": ")
            raise invalid(field, message)
        if problem := await self._webhooks.target_problem(requested["url"]) if "url" in requested else "":
            raise invalid("url", problem)

    def _shown(self, webhook: Webhook, problem: str) -> dict[str, Any]:
        """Convert a webhook to the control plane's `Webhook`.

        `problem` says why deliveries to its URL are refused, or is "". They can be refused if the vendor's
        own API registered the webhook, or if the sandbox had other options when the webhook was added.
        """
        versions = self._format(webhook.vendor).versions
        return {
            "id": webhook.id,
            "vendor": webhook.vendor,
            "url": shown_url(webhook.url),
            "events": list(webhook.events),
            "conditions": dict(webhook.conditions),
            "version": (webhook.version or versions[0]) if versions else None,
            "active": webhook.active,
            "signed": bool(webhook.secret),
            "created_at": timestamp(webhook.created_at),
            "problem": problem or None,
        }


def _stored_version(format_: WebhookFormat, requested: int | None) -> int:
    """Return the payload version to store for a webhook; 0 stands for the newest version.

    `requested` is the version that the client requested, or None.
    """
    newest = format_.versions[0] if format_.versions else None
    return 0 if requested in {None, newest} else requested or 0
