"""Sample events of triggers, which users map fields from before a first event has happened."""

from importlib.resources import files

import pytest
from support.each import each
from support.zapier import APPS, without_summary

import openapi
from connector.definition.compiler import integration, join, vendors
from connector.definition.instant import with_instant
from connector.definition.model import CreatedSince, Trigger
from connector.definition.paths import at_path
from connector.definition.samples import merged
from connector.errors import CatalogError
from connector.generator.zapier.lint import read
from connector.generator.zapier.lint.records import leaves, values

TRIGGERS = [(vendor, key) for vendor in vendors() for key in integration(vendor).triggers]


def shown(trigger: Trigger) -> dict[str, object]:
    record: dict[str, object] = merged(trigger.sample, trigger.example)
    return record


@pytest.mark.parametrize(("vendor", "key"), TRIGGERS)
def test_sample_would_fire_its_trigger(vendor: str, key: str) -> None:
    trigger = integration(vendor).triggers[key]
    source, sample = trigger.source, shown(trigger)
    assert trigger.occurred_at is None or at_path(sample, trigger.occurred_at)
    if isinstance(source, CreatedSince) or source.state is None:
        return
    state = at_path(sample, source.state)
    assert state == source.reached[0] if source.reached else state not in source.initial


@pytest.mark.parametrize("vendor", vendors())
def test_zapier_app_contains_the_sample(vendor: str) -> None:
    triggers = read(APPS / vendor).definition["triggers"]
    made = with_instant(integration(vendor)).triggers
    offered = [key for key, one in triggers.items() if not one["display"].get("hidden")]
    for key in each(offered):
        sample, whole = triggers[key]["operation"]["sample"], shown(made[key])
        for name, value in each(list(leaves(without_summary(sample)))):
            found = values(whole, name)
            same = value in (found, *found) or str(value) in found  # a count that the vendor writes as text
            assert same or value == [] or isinstance(value, bool), f"{key}: {name}"
        for path in (*made[key].guarantees["zapier"].dedupe, made[key].occurred_at):
            there, wanted = at_path(sample, path or ()), at_path(whole, path or ())
            assert path is None or (there is not None and str(there) == str(wanted))


def complaint(vendor: str, right: str, wrong: str) -> str:
    text = (files("connector") / "catalog" / f"{vendor}.yaml").read_text("utf-8")
    assert text.count(right) == 1
    with pytest.raises(CatalogError) as caught:
        join(openapi.read(vendor), text.replace(right, wrong), f"{vendor}.yaml")
    return str(caught.value)


def test_sample_that_would_not_fire_is_refused() -> None:
    said = complaint("exsited", "example: &closed {customer_return_status: CLOSED, ", "example: &closed {")
    assert "return_status_changed never fires for customer_return_status=PENDING" in said
    delivered = 'example: {updated_at: "2026-10-18T00:10:00Z", delivered_at: "2026-10-18T00:10:00Z"}'
    said = complaint("returnmate", delivered, "example: {}")
    assert "shipment_delivered needs a value for delivered_at in `example`" in said


def test_sample_with_unknown_fields_or_invalid_json_is_refused() -> None:
    said = complaint(
        "returngo", "details.rmaSummary.status: Rejected}", "details.rmaSummary.state: Rejected}"
    )
    assert "names field details.rmaSummary.state" in said
    said = complaint(
        "returngo", "{details.rmaSummary.status: Rejected}", "{details.rmaSummary.status: 2026-10-18}"
    )
    assert "returngo.yaml:" in said


def test_merge_replaces_the_named_values_only() -> None:
    record = {"id": 1, "shop": {"name": "Example", "city": None}, "lines": [{"sku": "A"}]}
    changes = {"shop": {"city": "Gumnut Flat"}, "lines": [], "note": {"by": "Tom"}}
    assert merged(record, changes) == {
        "id": 1,
        "shop": {"name": "Example", "city": "Gumnut Flat"},
        "lines": [],
        "note": {"by": "Tom"},
    }
    assert record["lines"] == [{"sku": "A"}]


def test_merge_changes_every_row_of_a_list() -> None:
    record = {"lines": [{"sku": "A", "open": True}, {"sku": "B"}], "empty": []}
    assert merged(record, {"lines": {"open": None}, "empty": {"open": None}}) == {
        "lines": [{"sku": "A", "open": None}, {"sku": "B", "open": None}],
        "empty": [],
    }


def test_zapier_shows_that_an_event_lacks_an_object_of_the_sample() -> None:
    sample = read(APPS / "returnlogic").definition["triggers"]["new_rma"]["operation"]["sample"]
    assert sample["shippingLabel"] is None
    assert sample["summary"]["tracking_link"] is None
