"""Builds polling triggers for Make, which continue from the time of the last event.

A poll returns the oldest events after that time, up to the user's limit, and later polls return the rest.
Make distinguishes events with the same time by their IDs. Because Make cannot compare a record with its
previous version, each record must have a property that contains either the event's time or an ID that
increases from record to record. `Guarantee.watermark` is the path to this property.
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
from connector.definition.naming import plural
from connector.definition.samples import merged
from connector.generator.make import compare, iml
from connector.generator.make.answers import JSON
from connector.generator.make.base import valid_result
from connector.generator.make.errors import errors
from connector.generator.make.fields import parameters
from connector.generator.make.naming import proper_nouns, search_label, trigger_label
from connector.generator.make.outputs import outputs_of
from connector.generator.make.paging import page_query, pagination
from connector.generator.make.parts import Module
from connector.generator.make.requests import MOMENT, ZONELESS, request

LIMIT = 10
EPOCH_LIMIT = 300
EPOCH_PAGES = 3
STARTS_EARLY = 1  # seconds, because vendors do not document whether a filter includes its bound


def polling_triggers(integration: Integration) -> Iterator[Module]:
    """Yield a module for every trigger that has no webhook, but has a watermark for Make."""
    for trigger in integration.triggers.values():
        promise = trigger.guarantees.get("make")
        if promise and promise.watermark and not trigger.hook:
            yield _module(integration, trigger, promise.watermark)


def _module(integration: Integration, trigger: Trigger, when: Path) -> Module:
    proper = proper_nouns(integration)
    noun = integration.resources[trigger.resource].noun
    outputs = outputs_of(integration, trigger.resource, _row(trigger))
    return Module(
        key=trigger.key,
        kind="trigger",
        label=trigger_label(trigger, noun),
        description=_description(trigger) + summary_note(integration, trigger),
        inputs=trigger.inputs,
        operations=(trigger.source.operation,),
        files={
            "communication": _communication(integration, trigger, when),
            "epoch": _epoch(integration, trigger, when),
            "staticParams": [
                *parameters(trigger.inputs, integration, proper),
                *outputs.parameters,
                _limit(noun, summary_note(integration, trigger)),
            ],
            "mappableParams": [],
            "interface": outputs.interface,
            "samples": outputs.sample(merged(trigger.sample, trigger.example)),
            "scope": [],
        },
    )


def _row(trigger: Trigger) -> list[Field]:
    """Return the fields of a record as the vendor's list returns it.

    Reading a record's details takes an extra request, which Make's polling triggers do not send. The field
    that `reached_at` adds is left out too, because IML cannot add a property to a record.
    """
    details = trigger.details.key if trigger.details else None
    reached_at = trigger.reached_at.field if trigger.reached_at else None
    return [one for one in trigger.fields if one.key not in (details, reached_at)]


def _description(trigger: Trigger) -> str:
    again = trigger.guarantees["make"].delivers == "while_there"
    more = ", and again whenever such a record changes later."
    return f"{trigger.description.removesuffix('.')}{more if again else '.'}"


def summary_note(integration: Integration, trigger: Trigger) -> str:
    """Build a note that explains that a trigger returns only a summary of each record.

    The note names the module that reads the details, if the app has one. It is empty if the trigger's
    records have no details.
    """
    if trigger.details is None:
        return ""
    operation = trigger.details.operation
    searches = [
        one for one in integration.searches.values() if (one.kind, one.operation) == ("get", operation)
    ]
    module = f" Use {search_label(searches[0], searches[0].noun)} to read the details." if searches else ""
    return f" Returns a summary of each record.{module}"


def _communication(integration: Integration, trigger: Trigger, when: Path) -> dict[str, Any]:
    source, promise = trigger.source, trigger.guarantees["make"]
    operation = integration.operations[source.operation]
    paging = integration.paging.get(operation.paging or "")
    since = {} if when == source.id else _since(trigger)
    query = {**_order(trigger), **since, **page_query(paging, promise.page_size)}
    poll = request(integration, operation, (), query)
    return {
        **poll,
        **pagination(integration, operation, pages=str(promise.pages), size=promise.page_size),
        "response": {
            "limit": iml.braced("parameters.limit"),
            "iterate": _iterate(trigger, iml.at("body", operation.payload), when),
            "trigger": _newness(trigger, when),
            "output": outputs_of(integration, trigger.resource, _row(trigger)).output("item"),
            "valid": valid_result(integration, poll, JSON),
            **({"error": errors(integration, preview=True)} if trigger.preview else {}),
        },
    }


def _newness(trigger: Trigger, when: Path) -> dict[str, str]:
    """Build the `trigger` directive, which defines how Make recognizes new events.

    Make compares the time and ID of each record. If records have no time, Make compares only their IDs, which
    increase with each record.
    """
    source = trigger.source
    id_ = iml.at("item", source.id)
    if when == source.id:
        field = next((one for one in trigger.fields if one.key == source.id[0]), None)
        number = id_ if field and field.type == "integer" else f"parseNumber({id_})"
        return {"id": iml.braced(number), "type": "id", "order": "desc" if source.order else "unordered"}
    order = "desc" if isinstance(source, CreatedSince) else "unordered"
    return {"id": iml.braced(id_), "date": iml.braced(_time(trigger, when)), "type": "date", "order": order}


def _time(trigger: Trigger, when: Path) -> str:
    """Build an IML expression for the time of the event; `when` is the path of this time in a record.

    If the time is in the record's history, the expression sorts the times in the history, which all have the
    same format, and returns the latest one.
    """
    rule = trigger.reached_at
    if rule is None or when != (rule.field,):
        return iml.at("item", when)
    history = iml.at("item", rule.history)
    return f"last(sort(map({history}, {iml.text(rule.time)}, {iml.text(rule.name)}, {iml.text(rule.value)})))"


def _order(trigger: Trigger) -> dict[str, str]:
    order = trigger.source.order
    return dict(order.newest_first) if order else {}


def _since(trigger: Trigger) -> dict[str, str]:
    """Build the query parameter that limits the list to changes since the last event.

    The result is empty if the API has no such filter. The first poll omits the parameter, because there is no
    last event yet. If the trigger's source is a `WindowScan`, the list is instead limited to the last
    `look_back` seconds before each poll, including the first.
    """
    source = trigger.source
    if source.since is None:
        return {}
    if isinstance(source, WindowScan):
        start = f"addSeconds(now, -{source.look_back})"
        return {source.since: iml.braced(f"formatDate({start}, {iml.text(MOMENT)}, 'UTC')")}
    start = f"addSeconds(data.lastDate, -{STARTS_EARLY})"
    value = f"formatDate({start}, {iml.text(MOMENT)}, 'UTC')"
    if isinstance(source, ChangedSince) and source.since_form == "gte_zoneless":
        value = f"'gte:' + formatDate({start}, {iml.text(ZONELESS)}, 'UTC')"
    return {source.since: iml.braced(f"if(data.lastDate, {value}, undefined)")}


def _iterate(trigger: Trigger, container: str, when: Path) -> dict[str, Any]:
    """Build the `iterate` directive, which selects the records that the trigger emits as events.

    A record is selected if it has an ID, a valid time that is not in the future, a status that fires the
    trigger, and values that match the trigger's inputs. If the watermark (`when`) is the record's ID, the ID
    must be a number, and the time is not checked.
    """
    source = trigger.source
    id_, time = iml.at("item", source.id), _time(trigger, when)
    if when == source.id:
        conditions = [compare.is_number(id_)]
    else:
        conditions = [f"ifempty({id_}, '') != ''", compare.is_time(time), compare.is_not_in_future(time)]
    if not isinstance(source, CreatedSince) and source.state and source.reached:
        conditions.append(compare.is_word(iml.at("item", source.state), source.reached))
    conditions += [compare.is_none_of(iml.at("item", path), words) for path, words in trigger.unless]
    conditions += [compare.matches(one) for one in trigger.inputs]
    return {"container": iml.braced(container), "condition": iml.braced(iml.both(*conditions))}


def _epoch(integration: Integration, trigger: Trigger, when: Path) -> dict[str, Any]:
    """Build the `epoch` file, which lists the latest records so that the user can choose where to start.

    Make reads all other settings from the `communication` file.
    """
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
                "date": iml.braced("emptystring" if when == trigger.source.id else _time(trigger, when)),
            },
        },
    }


def _limit(noun: str, note: str) -> dict[str, Any]:
    help_text = f"The maximum number of {plural(noun)} that one run returns. The rest follow in the next run."
    return {
        "name": "limit",
        "type": "uinteger",
        "label": "Limit",
        "required": True,
        "default": LIMIT,
        "validate": {"min": 1},
        "help": help_text + note,
    }
