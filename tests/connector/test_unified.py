"""Records of every vendor in the unified model, without loss of data."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.each import each
from support.fake_vendor import Time, Wire, rows

import connector
import openapi
from connector.definition.compiler import CATALOGS, integration, join, vendors
from connector.definition.model import FrozenModel, Unified
from connector.definition.paths import at_path
from connector.errors import AuthenticationError, CatalogError, ConfigurationError
from connector.runtime.polling import Event
from connector.unified import Money, Reason, UnifiedReturn, poll_all, unified_event, unified_return
from connector.unified.events import choose_trigger, event_kind

if TYPE_CHECKING:
    from connector.definition.model import Integration
    from connector.runtime.connection import Connection

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXT = (CATALOGS / "returnmate.yaml").read_text(encoding="utf-8")
compiled = cache(integration)
TABLES = [
    (vendor, key)
    for vendor in vendors()
    if (made := compiled(vendor)).unified is not None
    for key in made.unified.returns
]


def paths(part: Any, before: tuple[str, ...] = (), record: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every path of a mapping table, starting at the record."""
    if isinstance(part, tuple) and part and all(isinstance(step, str) for step in part):
        yield (*before, *part)
    elif isinstance(part, tuple):
        for one in part:
            yield from paths(one, before)
    elif isinstance(part, Mapping):
        for one in part.values():
            yield from paths(one, before)
    elif isinstance(part, FrozenModel):
        start = getattr(part, "at", None) or () if "equals" not in type(part).model_fields else ()
        for name in type(part).model_fields:
            if name not in {"at", "within", "unless"}:
                yield from paths(getattr(part, name), () if name == "return_currency" else (*before, *start))


def values(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Return all values at a path, in every member of the lists it passes."""
    if isinstance(value, list):
        for one in value:
            yield from values(one, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        yield from values(value.get(path[0]), path[1:])


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from leaves(one)
    else:
        yield value


def as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(Decimal(str(value)).normalize())
    return str(value).replace("+00:00", "Z")


@pytest.mark.parametrize("vendor", vendors())
def test_every_vendor_has_a_mapping_table(vendor: str) -> None:
    made = compiled(vendor)
    assert made.unified is not None
    assert set(made.unified.events) == set(made.triggers)


@pytest.mark.parametrize(("vendor", "resource"), TABLES)
def test_mapped_values_are_found_in_the_unified_record_and_raw_is_complete(
    vendor: str, resource: str
) -> None:
    made = compiled(vendor)
    detailed = (one.sample for one in made.triggers.values() if one.resource == resource and one.details)
    record = next(detailed, made.resources[resource].sample)
    assert made.unified is not None
    within = made.unified.returns[resource].within or ()
    before = deepcopy(record)
    found = unified_return(made, resource, record)
    assert found is not None
    assert found.raw == before == record
    held = {as_text(value) for value in leaves(found.model_dump(exclude={"raw"})) if value is not None}
    looked_for = 0
    for path in each(paths(made.unified.returns[resource])):
        for value in values(at_path(record, within), path):
            if value not in (None, "", [], {}) and not isinstance(value, bool | dict):
                looked_for += 1
                assert as_text(value) in held, path
    assert looked_for >= 3
    assert UnifiedReturn.model_validate(found.model_dump(exclude={"reasons"})) == found


def test_unknown_status_is_other_and_keeps_the_vendors_word(integration: Integration) -> None:
    found = unified_return(integration, "return", {"id": "r", "status": "Awaiting Ünicorn"})
    assert found is not None
    assert (found.status, found.vendor_status) == ("other", "Awaiting Ünicorn")


@pytest.mark.parametrize("word", ["label_sent", "Label Sent", "LabelSent", "label-sent", "LABEL_SENT"])
def test_status_is_recognized_in_any_spelling(integration: Integration, word: str) -> None:
    found = unified_return(integration, "return", {"id": "r", "status": word})
    assert found is not None
    assert (found.status, found.vendor_status) == ("label_sent", word)


def test_missing_fields_stay_empty(integration: Integration) -> None:
    found = unified_return(integration, "return_detail", {"id": "r", "refund": None, "items": None})
    assert found is not None
    empty = {name for name, value in found.model_dump().items() if value not in (None, (), {})}
    assert empty == {"vendor", "id", "raw"}


def test_shipment_names_its_return(integration: Integration) -> None:
    record = {"id": "shp_1", "rma_id": "rma_1", "direction": "outbound", "status": "delivered"}
    found = unified_return(integration, "shipment", record)
    assert found is not None
    assert (found.id, found.status, found.raw) == ("rma_1", None, record)
    assert [(one.id, one.status, one.outbound) for one in found.shipments] == [("shp_1", "delivered", True)]


ODD = Unified.model_validate(
    {
        "statuses": {"PENDING": "requested", "CLOSED": "completed"},
        "events": {"new_return": "return_created"},
        "returns": {
            "return": {
                "id": "summary.rmaId",
                "status": "summary.status",
                "resolutions": "items.resolution",
                "items": {
                    "at": "items",
                    "id": "uuid",
                    "quantity": "asked",
                    "quantity_received": "came",
                    "price": {"amount": "paid.amount", "currency": "paid.currency"},
                    "reasons": [{"text": "why"}],
                },
                "refunds": {"at": "transactions", "id": "id", "amount": {"amount": "amount.amount"}},
                "created_at": "on",
            }
        },
    }
)


def odd(integration: Integration, record: dict[str, Any]) -> UnifiedReturn:
    found = unified_return(integration.model_copy(update={"unified": ODD}), "return", record)
    assert found is not None
    return found


def test_record_shapes_of_other_vendors_are_read(integration: Integration) -> None:
    """Nested summaries, one line per unit, counts as text, money as object, numbers as ids, unset as ""."""
    line = {"uuid": 7, "resolution": "Refund", "why": "Too small", "paid": {"amount": 19, "currency": "EUR"}}
    record = {
        "summary": {"rmaId": 9856537, "status": "CLOSED"},
        "items": [line, {**line, "uuid": 8, "asked": "2", "came": "0"}],
        "transactions": [{"id": 6070096, "amount": {"amount": 49.1}}],
        "on": "",
    }
    found = odd(integration, record)
    assert (found.id, found.status, found.created_at) == ("9856537", "completed", None)
    assert found.resolutions == ("Refund",)
    assert found.reasons == (Reason(text="Too small"),)
    assert [(one.id, one.quantity, one.quantity_received) for one in found.items] == [
        ("7", None, None),
        ("8", Decimal(2), Decimal(0)),
    ]
    assert found.items[0].price == Money(amount=Decimal(19), currency="EUR")
    assert [(one.id, one.amount) for one in found.refunds] == [("6070096", Money(amount=Decimal("49.1")))]


def test_event_is_unified_with_its_kind(integration: Integration) -> None:
    row = integration.triggers["new_return"].sample
    event = Event("returnmate:return_approved:1", "return_approved", None, NOON, row)
    made = unified_event(integration, event, profile="shop")
    assert (made.kind, made.vendor, made.profile) == ("return_approved", "returnmate", "shop")
    assert (made.id, made.trigger, made.occurred_at, made.observed_at) == (
        event.id,
        event.trigger,
        None,
        NOON,
    )
    assert made.raw == row
    as_json = made.as_json()
    assert as_json["raw"] == row
    assert "raw" not in as_json["record"]
    assert as_json["record"]["items"][0]["price"] == {"amount": "189.5", "currency": "AUD"}
    with pytest.raises(ConfigurationError, match="ReturnMate has no trigger new_order"):
        unified_event(integration, Event("x", "new_order", None, NOON, row))


# --- Invalid mapping tables


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("      number: rma_number\n", "      number: rma_nmber\n", "did you mean rma_number?"),
        ("        sku: sku\n", "        sku: skuu\n", "names field skuu, which the record does not have"),
        ("        at: items\n", "        at: itms\n", "names field itms, which the record does not have"),
        ("return_currency: currency}", "return_currency: currncy}", "did you mean currency?"),
        ("return_currency: currency}", "currency: currency}", "names field currency, which the record does"),
        ("      order_number: order_number\n", "      order_number: items.sku\n", "through the list items"),
        ("        at: refund\n", "        at: status\n", "status is not a list of records"),
        ("          carrier: carrier\n", "          carrier: carier\n", "did you mean carrier?"),
        ("    in_transit: in_transit\n", "", "unified.statuses has no entry for in_transit"),
        ("    in_transit: in_transit\n", "    in_transit: moving\n", "unified.statuses.in_transit"),
        ("    exception: exception\n", "", "unified.shipment_statuses has no entry for exception"),
        ("    inspected: inspected\n", "    inspected: inspected\n    lost: other\n", "names lost, which"),
        ("    new_return: return_created\n", "", "unified.events has no entry for trigger new_return"),
        ("    new_return: return_created\n", "    new_return: created\n", "unified.events.new_return"),
        ("    new_shipment: sh", "    new_shipmnt: sh", "names trigger new_shipmnt"),
        ("    new_shipment: shipment_created\n", "    new_shipment: shipment_delivered\n",
         "unified.events maps both new_shipment and shipment_delivered to shipment_delivered"),
        ("    return_detail:\n      <<", "    return_details:\n      <<", "did you mean return_detail?"),
        ("      updated_at: updated_at\n", "      updated: updated_at\n", "updated is not a known key"),
    ],
)  # fmt: skip
def test_invalid_mapping_table_is_a_catalog_error_with_its_line(old: str, new: str, complaint: str) -> None:
    start = TEXT.index("\nunified:")
    place = TEXT.index(old, start)
    text = TEXT[:place] + new + TEXT[place + len(old) :]
    with pytest.raises(CatalogError) as caught:
        join(openapi.read("returnmate"), text, "returnmate.yaml")
    fitting = [one for one in caught.value.problems if complaint in one]
    assert fitting, caught.value.problems
    number = int(re.match(r"returnmate\.yaml:(\d+): ", fitting[0])[1])  # type: ignore[index]
    line = TEXT[:place].count("\n") + 1
    section = {TEXT[: TEXT.index(f"\n  {one}:", start)].count("\n") + 2 for one in SECTIONS}
    assert line <= number <= line + new.count("\n") or (not new and number in section), (number, line)


SECTIONS = ("statuses", "shipment_statuses", "events")


def test_error_in_an_anchored_table_is_reported_where_it_is_written() -> None:
    """`<<: *shipment` keeps the line numbers of its source; a duplicate key is still an error."""
    problems: list[str] = []
    for text in (
        TEXT.replace("          service: service\n", "          service: srvice\n"),
        TEXT.replace("          service: service\n", "          service: service\n          service: id\n"),
    ):
        with pytest.raises(CatalogError) as caught:
            join(openapi.read("returnmate"), text, "returnmate.yaml")
        problems += caught.value.problems
    line = TEXT[: TEXT.index("          service: service\n")].count("\n") + 1
    assert f"returnmate.yaml:{line}: unified names field srvice" in problems[0]
    assert "occurs twice" in problems[-1]


# --- Several connections


@pytest.mark.anyio
async def test_all_connections_are_polled_if_one_fails(rm: Connection, wire: Wire, time: Time) -> None:
    made = compiled("swap")
    sample = {**made.resources["return"].sample, "date_created": "2026-03-01T11:30:00Z"}
    body = {**made.operations["list_returns"].example, "returns": [sample]}
    fields: dict[str, Any] = {"api_key": "sandbox-demo-swap", "store_id": "store_123abc"}

    def opened(answer: httpx.Response) -> Connection:
        transport = httpx.MockTransport(lambda _request: answer)
        return connector.open(made, transport=transport, clock=time.clock, sleep=time.sleep, **fields)

    wire.reply(rows({"id": "rma_1", "created_at": "2026-03-01T11:00:00Z", "status": "pending"}))
    ours = {
        "good": opened(httpx.Response(200, json=body)),
        "bad": opened(httpx.Response(401, json={"reason": "UNAUTHORIZED", "error": {"message": "No"}})),
        "first": rm,
    }
    polled = await poll_all(ours, "new_return", since=datetime(2026, 3, 1, tzinfo=UTC))
    assert [(one.profile, one.vendor, one.kind) for one in polled.events] == [
        ("first", "returnmate", "return_created"),
        ("good", "swap", "return_created"),
    ]
    assert {name: type(problem) for name, problem in polled.failed.items()} == {"bad": AuthenticationError}
    assert set(polled.cursors) == {"first", "good"}
    kept = {"kept": "as it was"}
    again = await poll_all(ours, "new_return", {**polled.cursors, "bad": kept})
    assert (again.events, again.cursors["bad"]) == ((), kept)
    assert set(again.failed) == {"bad"}
    none = await poll_all(ours, "quality_control_passed")
    assert (none.skipped, set(none.failed)) == ({"first": "has no trigger quality_control_passed"}, {"bad"})
    by_kind = await poll_all(ours, "return_created", polled.cursors)
    assert (set(by_kind.failed), by_kind.skipped) == ({"bad"}, {})


@pytest.mark.anyio
async def test_unexpected_exception_of_one_connection_does_not_stop_the_others(
    rm: Connection, wire: Wire, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.reply(rows({"id": "rma_1", "created_at": "9999-12-31T23:59:59-05:00", "status": "pending"}))

    def bursts(_request: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError("of a kind that nothing foresees")

    bad = connector.open(
        compiled("returnmate"),
        transport=httpx.MockTransport(bursts),
        clock=time.clock,
        sleep=time.sleep,
        api_key="sandbox-demo-returnmate",
    )
    ours, kept = {"bad": bad, "good": rm}, {"bad": {"kept": "as it was"}}
    polled = await poll_all(ours, "new_return", since=datetime(2026, 3, 1, tzinfo=UTC))
    assert [event.id for event in polled.events] == ["returnmate:new_return:rma_1"]
    (problem,) = polled.failed.values()
    assert "ZeroDivisionError: of a kind" in str(problem)
    assert isinstance(problem.__cause__, ZeroDivisionError)
    assert problem.__cause__.__traceback__ is not None

    monkeypatch.setattr("connector.unified.poll.unified_event", lambda *_given, **_named: 1 // 0)
    polled = await poll_all(ours, "new_return", kept, since=datetime(2026, 3, 1, tzinfo=UTC))
    (event,) = polled.events
    assert (event.id, event.record, event.raw["id"]) == ("returnmate:new_return:rma_1", None, "rma_1")
    assert "returnmate:new_return:rma_1 has no record" in polled.notes["good"][0]
    assert polled.cursors["bad"] == kept["bad"]


@pytest.mark.anyio
async def test_cancellation_stops_all_connections(time: Time) -> None:
    def interrupts(_request: httpx.Request) -> httpx.Response:
        raise asyncio.CancelledError

    stopped = connector.open(
        compiled("returnmate"),
        transport=httpx.MockTransport(interrupts),
        clock=time.clock,
        sleep=time.sleep,
        api_key="sandbox-demo-returnmate",
    )
    with pytest.raises(asyncio.CancelledError):
        await poll_all({"stopped": stopped}, "new_return")


@pytest.mark.parametrize("vendor", vendors())
def test_event_kind_is_found_by_trigger_key_and_by_kind(vendor: str) -> None:
    catalogs = [compiled(one) for one in vendors()]
    made = compiled(vendor)
    assert made.unified
    for key, kind in each(made.unified.events.items()):
        assert event_kind(key, catalogs) == event_kind(kind, catalogs) == kind
        for asked in (key, kind):
            assert choose_trigger(made, asked, kind, include_assumed=True).trigger == key


def test_ambiguous_kind_selects_its_own_trigger_key_only() -> None:
    swap, returngo = compiled("swap"), compiled("returngo")
    assert swap.unified
    assert returngo.unified
    events = {**swap.unified.events, "new_return": "return_approved"}
    odd = swap.model_copy(update={"unified": swap.unified.model_copy(update={"events": events})})
    assert event_kind("new_return", [odd, returngo]) is None
    assert choose_trigger(returngo, "new_return", None, include_assumed=False).trigger == "new_return"
    assert choose_trigger(compiled("returnlogic"), "new_return", None, include_assumed=True).trigger is None


def test_transaction_that_is_no_refund_is_left_out() -> None:
    made = compiled("returngo")
    record = deepcopy(made.triggers["new_return"].sample)
    refund = deepcopy(made.resources["transaction"].sample)
    record["details"]["transactions"] = [refund, {**refund, "type": "InvoicePayment"}]
    found = unified_return(made, "return", record)
    assert found is not None
    assert [one.method for one in found.refunds] == [refund["type"]] != ["InvoicePayment"]
    assert len(found.raw["details"]["transactions"]) == 2
