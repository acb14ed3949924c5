"""Seeded mistakes in the connector."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from connector.definition.model import Integration, Operation
from connector.runtime.inputs import FilledInputs, fill
from connector.runtime.triggers import BoundTrigger, PollResult
from connector.transport import answers
from connector.transport.client import Client
from connector.transport.paging import Page
from support.mistakes.seeding import Slip


def filter_lost(patch: pytest.MonkeyPatch) -> None:
    read = Client.page

    async def page(
        self: Client, operation: Operation, values: Mapping[str, Any], position: Any = None
    ) -> Page:
        paging = self.integration.paging[operation.paging or ""]
        later = position not in (None, paging.first)
        kept = {paging.size_parameter: values[paging.size_parameter]} if later else values
        return await read(self, operation, kept, position)

    patch.setattr(Client, "page", page)


def cursor_stays(patch: pytest.MonkeyPatch) -> None:
    poll = BoundTrigger.poll

    async def again(self: BoundTrigger, cursor: Any = None, **how: Any) -> PollResult:
        polled = await poll(self, cursor, **how)
        return replace(polled, cursor=cursor or polled.cursor)

    patch.setattr(BoundTrigger, "poll", again)


def words_as_they_come(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(answers, "_clean", lambda text, _secret: text)


def line_items_twice(patch: pytest.MonkeyPatch) -> None:
    def doubled(*what: Any) -> FilledInputs:
        filled = fill(*what)
        values = {key: one * 2 if isinstance(one, list) else one for key, one in filled.values.items()}
        return replace(filled, values=values)

    patch.setattr("connector.runtime.actions.fill", doubled)


def source_of_new_returns(offer: Integration, **update: Any) -> Integration:
    trigger = offer.triggers["new_return"]
    source = trigger.source.model_copy(update=update)
    triggers = {**offer.triggers, "new_return": trigger.model_copy(update={"source": source})}
    return offer.model_copy(update={"triggers": triggers})


def told_apart_by_status(offer: Integration) -> Integration:
    return source_of_new_returns(offer, id=("status",))


def first_page_only(offer: Integration) -> Integration:
    return source_of_new_returns(offer, pages=1)


def no_overlap(offer: Integration) -> Integration:
    return source_of_new_returns(offer, overlap=0)


def written_again(offer: Integration) -> Integration:
    actions = {key: one.model_copy(update={"after_timeout": "repeat"}) for key, one in offer.actions.items()}
    return offer.model_copy(update={"actions": actions})


def kinds_mixed_up(offer: Integration) -> Integration:
    errors = offer.errors.model_copy(
        update={"by_status": {**offer.errors.by_status, 401: "permission"}, "by_code": {}}
    )
    return offer.model_copy(update={"errors": errors})


def choice_of_another_field(offer: Integration) -> Integration:
    dropdown = offer.dropdowns["return"].model_copy(update={"value": ("nothing",)})
    return offer.model_copy(update={"dropdowns": {**offer.dropdowns, "return": dropdown}})


SLIPS: tuple[Slip, ...] = (
    Slip("filter lost after the first page", "returnmate", "filters_on_page_2", patch=filter_lost),
    Slip("the cursor does not advance", "returnmate", "new_record_once", patch=cursor_stays),
    Slip(
        "the vendor's message is shown unmasked",
        "returnmate",
        "no_secret_in_logs",
        patch=words_as_they_come,
    ),
    Slip("line items are sent twice", "returnmate", "line_items", patch=line_items_twice),
    Slip(
        "records are distinguished by their status",
        "returnmate",
        "equal_timestamps",
        alter=told_apart_by_status,
    ),
    Slip("only the first page is read", "swap", "more_than_a_page", alter=first_page_only),
    Slip("late records are missed", "returnmate", "late_record", alter=no_overlap),
    Slip("a write is repeated without a search", "swap", "vendor_failure", alter=written_again),
    Slip(
        "an expired login is reported as a missing permission",
        "swap",
        "login_lost_mid_run",
        alter=kinds_mixed_up,
    ),
    Slip("a dropdown lists missing values", "returnmate", "dropdown_page_2", alter=choice_of_another_field),
)
