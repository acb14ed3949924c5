"""Polling triggers: Make remembers the time of the last event and goes on from there.

A poll hands on the oldest of what happened later, at most as many as the person asked for; the others come
with the next one. Records of one moment are told apart by id. What Make cannot do is compare a record with
what it was, so a trigger is offered where the record holds the time at which it happened:
`Guarantee.watermark`.
"""

from collections.abc import Iterator
from typing import Any

from connector.definition.model import (
    ChangedSince,
    CreatedSince,
    Field,
    Integration,
    Path,
    Trigger,
    WindowScan,
)
from connector.definition.samples import merged
from connector.generator.make import compare, iml
from connector.generator.make.answers import JSON
from connector.generator.make.base import result
from connector.generator.make.fields import interface, parameters, sample
from connector.generator.make.naming import plural, proper_nouns, search_label, trigger_label
from connector.generator.make.paging import page_query, pagination
from connector.generator.make.parts import Module
from connector.generator.make.requests import MOMENT, ZONELESS, request

LIMIT = 10
EPOCH_LIMIT = 300
EPOCH_PAGES = 3
STARTS_EARLY = 1  # seconds: whether a filter includes its bound is not documented


def triggers(integration: Integration) -> Iterator[Module]:
    """Yield every trigger that keeps a promise on Make and of which the vendor does not tell by itself."""
    for trigger in integration.triggers.values():
        promise = trigger.guarantees.get("make")
        if promise and promise.watermark and not trigger.hook:
            yield _module(integration, trigger, promise.watermark)


def _module(integration: Integration, trigger: Trigger, when: Path) -> Module:
    proper = proper_nouns(integration)
    noun = integration.resources[trigger.resource].noun
    return Module(
        key=trigger.key,
        kind="trigger",
        label=trigger_label(trigger, noun),
        description=_description(trigger) + lacking(integration, trigger),
        inputs=trigger.inputs,
        operations=(trigger.source.operation,),
        files={
            "communication": _communication(integration, trigger, when),
            "epoch": _epoch(integration, trigger, when),
            "staticParams": [
                *parameters(trigger.inputs, integration, proper),
                _limit(noun, lacking(integration, trigger)),
            ],
            "mappableParams": [],
            "interface": interface(_row(trigger), proper),
            "samples": sample(_row(trigger), merged(trigger.sample, trigger.example)),
            "scope": [],
        },
    )


def _row(trigger: Trigger) -> list[Field]:
    """Leave out the details: a polling trigger of Make's makes no request for each record."""
    return [one for one in trigger.fields if not trigger.details or one.key != trigger.details.key]


def _description(trigger: Trigger) -> str:
    again = trigger.guarantees["make"].delivers == "while_there"
    more = ", and again whenever such a record changes later."
    return f"{trigger.description.removesuffix('.')}{more if again else '.'}"


def lacking(integration: Integration, trigger: Trigger) -> str:
    """Say which module gives the details that a trigger leaves out, in a sentence that follows another."""
    if trigger.details is None:
        return ""
    asks = trigger.details.operation
    getting = [one for one in integration.searches.values() if (one.kind, one.operation) == ("get", asks)]
    where = f"; the module {search_label(getting[0], getting[0].noun)} gives the details" if getting else ""
    return f" A summary of each is handed on{where}."


def _communication(integration: Integration, trigger: Trigger, when: Path) -> dict[str, Any]:
    source, promise = trigger.source, trigger.guarantees["make"]
    operation = integration.operations[source.operation]
    paging = integration.paging.get(operation.paging or "")
    since = {} if when == source.id else _since(trigger)
    query = {**_order(trigger), **since, **page_query(paging, promise.page_size)}
    asked = request(integration, operation, (), query)
    return {
        **asked,
        **pagination(integration, operation, pages=str(promise.pages), size=promise.page_size),
        "response": {
            "limit": iml.braced("parameters.limit"),
            "iterate": _iterate(trigger, iml.at("body", operation.payload), when),
            "trigger": _told_apart(trigger, when),
            "output": iml.braced("item"),
            "valid": result(integration, asked, JSON),
        },
    }


def _told_apart(trigger: Trigger, when: Path) -> dict[str, str]:
    """Say how Make tells what is new: by time and id, or by a number that is higher with each record."""
    source = trigger.source
    id_ = iml.at("item", source.id)
    if when == source.id:
        field = next((one for one in trigger.fields if one.key == source.id[0]), None)
        number = id_ if field and field.type == "integer" else f"parseNumber({id_})"
        return {"id": iml.braced(number), "type": "id", "order": "desc" if source.order else "unordered"}
    order = "desc" if isinstance(source, CreatedSince) else "unordered"
    return {"id": iml.braced(id_), "date": iml.braced(iml.at("item", when)), "type": "date", "order": order}


def _order(trigger: Trigger) -> dict[str, str]:
    order = trigger.source.order
    return dict(order.newest_first) if order else {}


def _since(trigger: Trigger) -> dict[str, str]:
    """Ask for what changed since the last event, where the API can; nothing at the very first poll."""
    source = trigger.source
    if source.since is None:
        return {}
    if isinstance(source, WindowScan):
        start = f"addSeconds(now, -{source.look_back})"
        return {source.since: iml.braced(f"formatDate({start}, {iml.text(MOMENT)}, 'UTC')")}
    start = f"addSeconds(data.lastDate, -{STARTS_EARLY})"
    written = f"formatDate({start}, {iml.text(MOMENT)}, 'UTC')"
    if isinstance(source, ChangedSince) and source.since_form == "gte_zoneless":
        written = f"'gte:' + formatDate({start}, {iml.text(ZONELESS)}, 'UTC')"
    return {source.since: iml.braced(f"if(data.lastDate, {written}, undefined)")}


def _iterate(trigger: Trigger, container: str, when: Path) -> dict[str, Any]:
    """Say which records are events: with an id, a time that has come, a wanted state, past the filters."""
    source = trigger.source
    id_, time = iml.at("item", source.id), iml.at("item", when)
    if when == source.id:
        conditions = [compare.is_number(id_)]
    else:
        conditions = [f"ifempty({id_}, '') != ''", compare.readable(time), compare.has_come(time)]
    if not isinstance(source, CreatedSince) and source.state and source.reached:
        conditions.append(compare.is_word(iml.at("item", source.state), source.reached))
    conditions += [compare.matches(one) for one in trigger.inputs]
    return {"container": iml.braced(container), "condition": iml.braced(iml.both(*conditions))}


def _epoch(integration: Integration, trigger: Trigger, when: Path) -> dict[str, Any]:
    """Offer the latest records to start from; what is not said here is as in the communication."""
    resource = integration.resources[trigger.resource]
    operation = integration.operations[trigger.source.operation]
    label = [iml.at("item", path) for path in resource.label]
    size = trigger.guarantees["make"].page_size
    return {
        **pagination(integration, operation, pages=str(EPOCH_PAGES), size=size),
        "response": {
            "limit": EPOCH_LIMIT,
            "output": {
                "label": iml.described(label, iml.at("item", trigger.source.id)),
                "date": iml.braced("emptystring" if when == trigger.source.id else iml.at("item", when)),
            },
        },
    }


def _limit(noun: str, lacks: str) -> dict[str, Any]:
    most = f"The most {plural(noun)} that are handed on in one run; the others follow in the next."
    return {
        "name": "limit",
        "type": "uinteger",
        "label": "Limit",
        "required": True,
        "default": LIMIT,
        "validate": {"min": 1},
        "help": most + lacks,
    }
