"""The shipped catalogs compile, and each kind of mistake in a catalog is reported with its line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.each import each

import openapi
from connector.cli.program import run
from connector.definition.compiler import CATALOGS, integration, join, vendors
from connector.definition.fidelity import shares
from connector.errors import CatalogError, ConfigurationError
from connector.transport.values import checked_value

if TYPE_CHECKING:
    from connector.definition.model import Integration

TEXT = (CATALOGS / "returnmate.yaml").read_text(encoding="utf-8")


def problems(text: str) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        join(openapi.read("returnmate"), text, "returnmate.yaml")
    return list(caught.value.problems)


def replaced(old: str, new: str) -> tuple[str, int]:
    """Return the catalog with the first `old` replaced, and the line number of the change."""
    assert old in TEXT
    return TEXT.replace(old, new, 1), TEXT[: TEXT.index(old)].count("\n") + 1


@pytest.mark.parametrize("vendor", vendors())
def test_every_operation_is_used_or_excluded(vendor: str) -> None:
    made = integration(vendor)
    assert set(made.operations) == set(openapi_ids(vendor))
    assert not set(made.excluded) & {one.operation for one in made.actions.values()}


def openapi_ids(vendor: str) -> list[str]:
    paths = openapi.read(vendor)["paths"].values()
    return [
        one["operationId"]
        for item in paths
        for one in item.values()
        if isinstance(one, dict) and "operationId" in one
    ]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "operation: list_shipments\n    query",
            "operation: list_shipment\n    query",
            "did you mean list_shipments?",
        ),
        (
            "since: created_after",
            "since: created_since",
            "names parameter created_since, which list_returns does not",
        ),
        (
            "state: status",
            "state: statuz",
            "names field statuz, which the record does not have; did you mean status?",
        ),
        ("app_version: 1.0.0", "app_version: v1", "tring should match pattern"),
        (
            "status: approved",
            "status: aproved",
            "names status aproved, which the specification does not list",
        ),
        ("source: returns_by_creation", "source: returns_by_birth", "did you mean returns_by_creation?"),
        ("resource: return\n", "resource: retour\n", "names resource retour"),
        (
            "page_size: 100\n    total",
            "page_size: 500\n    total",
            "page_size is 500, but the API allows at most 100",
        ),
        ("dropdown: reason", "dropdown: reasons", "names dropdown reasons, which the catalog does not have"),
        ("sku: {label: SKU", "skuu: {label: SKU", "leaves out items.sku, which the API requires"),
        ("name: email,", "name: e_mail,", "leaves out email, which list_customer_returns requires"),
        ("oldest_first: asc", "oldest_first: up", "sets order to up; it can be asc or desc"),
        ("risk: write", "risk: risky", "actions.create_return.risk"),
        ("kind: find", "kind: maybe", "searches.find_return.kind"),
        ("label: New Return\n", "label: New Return\n    colour: red\n", "colour is not a known key"),
        (
            "description: Triggers when a new return is created.",
            "summary: x",
            "new_return.description is missing",
        ),
        ("schema: Shipment", "schema: Shipmnt", "did you mean Shipment?"),
        (
            "base_url: https://api.returnmate.io/v1",
            "base_url: https://api.example.com",
            "no server of the specification",
        ),
        ("records: notes", "records: remarks", "names field remarks"),
        (
            "equal: {carrier: carrier, service: service",
            "equal: {service: service",
            "action create_shipping_label compares no required input",
        ),
        ("status: status}", "status: state}", "compares input state"),
        (
            "        match: status\n",
            "        match: statuz\n",
            "names field statuz, which the record does not have",
        ),
        (
            "        match: status\n",
            "        name: status\n",
            "trigger return_status_changed input status is a filter: it takes match",
        ),
        *(
            (
                "    inputs:\n      status:\n        match",
                f"    inputs:\n      {key}:\n        match",
                f"trigger return_status_changed input {key} has the name of an argument of poll",
            )
            for key in ("cursor", "since")
        ),
        (
            "        dropdown: status\n",
            "        dropdown: statuses\n",
            "return_status_changed input status names dropdown statuses, which the catalog does not have",
        ),
        (
            "found_at: [customer.email]",
            "found_at: [customer.mail]",
            "names field customer.mail, which the record does not have; did you mean customer.email?",
        ),
        (
            "      order_number:\n        identifies: order\n        label",
            "      order_number:\n        identifies: order\n        found_at: [id]\n        label",
            "action create_return input order_number: found_at needs a search and identifies",
        ),
        (
            "        identifies: email\n        found_at",
            "        found_at",
            "search find_return input customer_email: found_at needs a search and identifies",
        ),
        (
            "        match: rma_number\n",
            "        match: rma_number\n        found_at: [rma_number]\n",
            "search find_return input rma_number has both match and found_at",
        ),
        ("identifies: rma\n", "identifies: number\n", "searches.find_return.inputs.rma_number.identifies"),
        (
            "status: {label: Status, req",
            "status: {identifies: id, label: Status, req",
            "input status: only a line of text or a whole number can identify a record",
        ),
        (
            "note: {name: content, label: Note",
            "note: {name: content, identifies: id, label: Note",
            "input note: only a line of text or a whole number can identify a record",
        ),
        (
            "start_date: {label: Start Date",
            "start_date: {several: commas, label: Start Date",
            "input start_date: several needs a query parameter of type string",
        ),
        (
            "note: {name: content, label: Note",
            "note: {match: content, label: Note",
            "action add_note input note: only searches and triggers can use match",
        ),
    ],
)
def test_wrong_name_is_reported_with_its_line(old: str, new: str, complaint: str) -> None:
    text, line = replaced(old, new)
    found = problems(text)
    fitting = [one for one in found if complaint in one]
    assert fitting, found
    number = int(re.match(r"returnmate\.yaml:(\d+): ", fitting[0])[1])  # type: ignore[index]
    assert abs(number - line) <= 4 + old.count("\n"), (number, line)


@pytest.mark.parametrize("vendor", vendors())
def test_every_renamed_operation_of_a_specification_is_reported_by_its_name(vendor: str) -> None:
    document, text = openapi.read(vendor), (CATALOGS / f"{vendor}.yaml").read_text(encoding="utf-8")
    for item in document["paths"].values():
        for one in item.values():
            if isinstance(one, dict) and "operationId" in one:
                one["operationId"] += "_renamed"
    with pytest.raises(CatalogError) as caught:
        join(document, text, f"{vendor}.yaml")
    said = "\n".join(caught.value.problems)
    assert [name for name in each(openapi_ids(vendor)) if not re.search(rf"\b{name}\b", said)] == []


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("operationId",), 5, "openapi/swap.yaml: operation.id: Input should be a valid string, not 5."),
        (
            ("description",),
            [],
            "openapi/swap.yaml: operation.description: Input should be a valid string, not [].",
        ),
        (("responses", "200", "content", "application/json", "schema"), "x", "a schema has to be an object."),
    ],
)
def test_value_of_a_wrong_type_in_a_specification_is_reported(
    path: tuple[str, ...], value: object, sentence: str
) -> None:
    document = openapi.read("swap")
    place = document["paths"]["/v2/external/returns"]["get"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(CatalogError) as caught:
        join(document, (CATALOGS / "swap.yaml").read_text(encoding="utf-8"), "swap.yaml")
    assert any(problem.endswith(sentence) for problem in caught.value.problems)


def test_all_catalog_errors_are_reported_together() -> None:
    text, _ = replaced("status: approved", "status: aproved")
    found = problems(text.replace("since: created_after", "since: created_since", 1))
    assert len(found) >= 2


def test_unused_operation_is_reported() -> None:
    start = TEXT.index("  get_carriers_report:")
    text = TEXT[:start] + TEXT[TEXT.index("find_or_create:") :]
    text = text.replace("sample: get_carriers_report", "sample: get_reasons_report")
    assert any("operation get_carriers_report is neither used nor excluded" in one for one in problems(text))
    excluded = f"{text}\nexclude:\n  get_carriers_report: Not needed.\n"
    assert "get_carriers_report" in join(openapi.read("returnmate"), excluded, "x").excluded


def test_operation_that_returns_a_file_can_only_be_excluded() -> None:
    text = (CATALOGS / "exsited.yaml").read_text("utf-8")
    assert "get_invoice_pdf" in integration("exsited").excluded
    start = text.index("  get_invoice_pdf:")
    offered = text[:start] + text[text.index("\n", start) + 1 :]
    offered = offered.replace("operation: get_invoice\n", "operation: get_invoice_pdf\n", 1)
    with pytest.raises(CatalogError) as refused:
        join(openapi.read("exsited"), offered, "exsited.yaml")
    complaint = "names operation get_invoice_pdf, which answers with application/pdf, not application/json."
    assert any(complaint in one for one in refused.value.problems)


def test_invalid_yaml_and_duplicate_keys_are_reported_with_their_line() -> None:
    assert problems("vendor: [") == ["returnmate.yaml:2: invalid YAML, did not find expected node content."]
    assert "occurs twice" in problems(TEXT + "\nactions: {}\n")[0]


def test_unknown_vendor_suggests_the_closest_name() -> None:
    with pytest.raises(ConfigurationError, match=r"Did you mean \"returnmate\"\?"):
        integration("returnmat")


def test_guarantees_are_computed_from_the_catalog(integration: Integration) -> None:
    python = integration.triggers["new_return"].guarantees["python"]
    zapier = integration.triggers["new_return"].guarantees["zapier"]
    scan = integration.triggers["return_approved"].guarantees
    assert (python.items_per_poll, python.look_back, python.order) == (2000, 900, "oldest_first")
    assert (zapier.items_per_poll, zapier.look_back, zapier.order) == (1000, 86_400, "newest_first")
    assert zapier.calls_per_day == 2_880
    # 20 calls: 20 s of 60 a minute, but 172.8 s of 10,000 a day.
    assert python.shortest_interval == {"Starter": 173, "Professional": 35, "Enterprise": 4}
    assert scan["zapier"].items_per_poll == 1000
    assert integration.triggers["return_status_changed"].guarantees["zapier"].dedupe == (("id",), ("status",))
    assert integration.triggers["new_shipment"].guarantees["python"].provenance == "assumed"
    assert integration.triggers["return_received"].guarantees["python"].provenance == "assumed"
    assert integration.triggers["return_approved"].guarantees["python"].provenance == "documented"


def test_samples_match_the_fields_they_show(integration: Integration) -> None:
    for resource in integration.resources.values():
        for field in resource.fields:
            if resource.sample.get(field.key) is not None:
                checked_value(field.model_copy(update={"choices": ()}), resource.sample[field.key], field.key)


def test_labels_are_title_case_and_help_texts_do_not_repeat_them(integration: Integration) -> None:
    small = {"a", "an", "and", "by", "for", "in", "of", "or", "the", "to"}
    fields = [field for one in integration.actions.values() for field in one.inputs]
    fields += [field for one in integration.searches.values() for field in one.inputs]
    labels = [field.label for field in fields]
    labels += [one.label for one in integration.triggers.values()]
    labels += [one.label for one in integration.actions.values()]
    labels += [one.label for one in integration.searches.values()]
    for label in each(labels):
        assert all(word[0].isupper() or word[0] == "(" or word in small for word in each(label.split())), (
            label
        )
    for field in each(fields):
        assert field.help.endswith("."), field.key
        assert field.help.rstrip(".").lower() != field.label.lower()
    for trigger in each(integration.triggers.values()):
        assert trigger.description.startswith("Triggers when ")


def test_fidelity_counts_every_field_once() -> None:
    counted = shares("returnmate")
    assert counted["operations"].total() == 14
    assert set(counted["fields"]) <= {"documented", "observed", "assumed"}
    assert counted["fields"]["assumed"] > 0


def test_catalog_marks_previews_and_what_generated_apps_leave_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")  # each step in one line
    assert run(["catalog", "returngo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    previews = {line.split()[0] for line in lines if "Preview: " in line}
    left_out = {line.split()[0] for line in lines if "Not in generated apps." in line}
    assert {"approve_return", "create_return", "set_rma_status"} <= previews
    assert {"cancel_return", "set_rma_status", "settle_transaction"} == left_out
    assert not {"update_shipment", "new_return", "find_return", "add_comment"} & previews
    assert run(["catalog", "swap"]) == 0
    assert "Preview" not in capsys.readouterr().out
