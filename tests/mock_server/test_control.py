"""The control plane's operations, each validated against `openapi/sandbox.yaml`."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from support.each import each
from support.worlds import HOUR, NOON, OpenWorld, open_world

import openapi
from mock_server import vendors
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.ledger import KINDS, rebuild
from mock_server.spelling import listed

VENDOR = "returnmate"
SPEC = openapi.read(openapi.CONTROL_PLANE)
OPERATIONS = {
    operation["operationId"]: operation
    for item in SPEC["paths"].values()
    for method, operation in item.items()
    if method != "parameters"
}
NEW_RETURN = {
    "vendor": VENDOR,
    "order_number": "#2001",
    "customer_email": "iris.lane@example.com",
    "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
}


@pytest.fixture
def acme() -> Iterator[OpenWorld]:
    """A world with the tenant `acme`, whose clock is frozen at noon."""
    with open_world() as opened:
        opened.tenants.create("acme", first_moment=NOON, frozen=True)
        yield opened


def body(reply: Reply, status: int = 200) -> Any:
    assert reply.status == status, reply.body
    return reply.body


def refused(opened: OpenWorld, operation: str, sent: Any = None, **path: str) -> Problem:
    with pytest.raises(Problem) as raised:
        opened.call(operation, sent, None, **path)
    return raised.value


def test_operations_and_handlers_match() -> None:
    with open_world() as opened:
        assert set(opened.control.handlers) == set(OPERATIONS)


def test_documented_event_kinds_are_those_of_the_ledger() -> None:
    assert SPEC["components"]["schemas"]["EventKind"]["enum"] == list(KINDS)


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_examples_match_their_schemas(operation: str) -> None:
    described = OPERATIONS[operation]
    bodies = [described["requestBody"]] if "requestBody" in described else []
    seen = 0
    for holder in [*bodies, *described["responses"].values()]:
        resolved = (
            SPEC["components"]["responses"][holder["$ref"].rpartition("/")[2]] if "$ref" in holder else holder
        )
        for media in resolved.get("content", {}).values():
            examples = (
                [media["example"]] if "example" in media else [e["value"] for e in media["examples"].values()]
            )
            for example in each(examples):
                seen += 1
                assert errors(media["schema"], example) == []
    assert seen


def errors(schema: dict[str, Any], instance: Any) -> list[str]:
    whole = {**nullable(schema), "components": nullable(SPEC["components"])}
    return [error.message for error in jsonschema_rs.Draft4Validator(whole).iter_errors(instance)]


def nullable(node: Any) -> Any:
    """Return the schema with OpenAPI 3.0's `nullable` translated to JSON Schema."""
    if isinstance(node, list):
        return [nullable(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {key: nullable(value) for key, value in node.items()}
    if made.pop("nullable", None) is True:
        made["type"] = [made["type"], "null"]
    return made


def test_health_lists_what_is_served(acme: OpenWorld) -> None:
    health = body(acme.call("get_health"))
    assert (health["status"], health["database"], health["tenants"]) == ("ok", "memory", 2)
    assert health["vendors"] == vendors.names()


def test_tenants_are_listed_with_their_time_and_returns(acme: OpenWorld) -> None:
    shown = {tenant["name"]: tenant for tenant in body(acme.call("list_tenants"))["tenants"]}
    assert list(shown) == ["acme", "demo"]
    assert shown["acme"] == body(acme.call("get_tenant", tenant="acme"))
    assert shown["acme"]["now"] == shown["acme"]["first_moment"] == "2026-03-02T12:00:00Z"
    assert (shown["acme"]["frozen"], shown["acme"]["returns"]) == (True, dict.fromkeys(vendors.names(), 5))


def test_tenant_is_created_with_the_requested_options(acme: OpenWorld) -> None:
    options = {"name": "late", "seed": 4, "seed_size": 2, "plan": "enterprise", "limits": "off"}
    options |= {"frozen": True, "first_moment": "2024-02-29T10:00:00+10:00"}
    shown = body(acme.call("create_tenant", options), 201)
    assert errors(SPEC["components"]["schemas"]["NewTenant"], options) == []
    assert shown["first_moment"] == "2024-02-29T00:00:00Z"
    assert [shown[name] for name in ("seed", "seed_size", "plan", "limits", "returns")] == [
        4, 2, "enterprise", "off", dict.fromkeys(vendors.names(), 2),
    ]  # fmt: skip


def test_duplicate_tenant_name_is_a_conflict(acme: OpenWorld) -> None:
    assert body(acme.call("create_tenant", {"name": "acme"}), 409)["error"] == {
        "code": "conflict",
        "message": "There is a tenant 'acme' already.",
    }


def test_demo_cannot_be_deleted(acme: OpenWorld) -> None:
    assert body(acme.call("delete_tenant", tenant="demo"), 409)["error"]["code"] == "conflict"
    assert body(acme.call("delete_tenant", tenant="acme"), 204) is None
    assert refused(acme, "get_tenant", tenant="acme").kind == "not_found"


@pytest.mark.parametrize(
    "operation",
    sorted(
        operation["operationId"]
        for path, item in SPEC["paths"].items()
        for method, operation in item.items()
        if "{tenant}" in path and method != "parameters"
    ),
)
def test_unknown_tenant_is_not_found(acme: OpenWorld, operation: str) -> None:
    problem = refused(acme, operation, {}, tenant="unknown", id="x")
    assert (problem.kind, problem.message) == (
        "not_found",
        'There is no tenant named "unknown". Choose acme or demo.',
    )


def test_created_key_has_the_chosen_scopes_and_is_listed_without_its_secret(acme: OpenWorld) -> None:
    options = {"vendor": VENDOR, "name": "reader", "scopes": ["rmas:read"], "plan": "enterprise"}
    made = body(acme.call("create_key", options, tenant="acme"), 201)
    key = made["credentials"]["fields"]["api_key"]
    grant = acme.world.keys.look_up(VENDOR, key)
    assert grant is not None
    assert (grant.scopes, grant.plan.name) == (frozenset({"rmas:read"}), "enterprise")
    assert made["credentials"]["headers"] == {"Authorization": f"Bearer {key}"}
    listed = body(acme.call("list_keys", tenant="acme"))["keys"]
    ours = [one for one in listed if one["vendor"] == VENDOR]
    assert [one["name"] for one in ours] == ["default", "reader"]
    assert ours[1] == {
        "vendor": VENDOR,
        "name": "reader",
        "scopes": ["rmas:read"],
        "plan": "enterprise",
        "windows": {"minute": 300},
    }
    assert key not in str(listed)
    assert body(acme.call("create_key", options, tenant="acme"), 409)["error"]["code"] == "conflict"


NO_KIOSK = f'There is no vendor named "kiosk". Choose {listed(vendors.names())}.'


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"vendor": "kiosk", "name": "k"},
            NO_KIOSK,
        ),
        (
            {"vendor": VENDOR, "name": "k", "scopes": ["rmas:burn"]},
            "There is no scope of returnmate named",
        ),
        ({"vendor": VENDOR, "name": "k", "plan": "gold"}, 'There is no plan of returnmate named "gold"'),
    ],
)
def test_impossible_key_is_invalid(acme: OpenWorld, options: dict[str, Any], sentence: str) -> None:
    problem = refused(acme, "create_key", options, tenant="acme")
    assert problem.kind == "invalid"
    assert problem.message.startswith(sentence)


def test_credentials_show_the_default_key_again(acme: OpenWorld) -> None:
    shown = body(acme.call("get_credentials", tenant="demo"))
    assert shown["vendors"][VENDOR] == {
        "base_url": "http://127.0.0.1:4010/returnmate/v1",
        "fields": {"api_key": "sandbox-demo-returnmate"},
        "headers": {"Authorization": "Bearer sandbox-demo-returnmate"},
        "query": {},
    }
    key = body(acme.call("get_credentials", tenant="acme"))["vendors"][VENDOR]["fields"]["api_key"]
    assert acme.world.keys.look_up(VENDOR, key)


def test_ledger_is_read_page_by_page(acme: OpenWorld) -> None:
    last = acme.world.ledger.last("acme")
    after, seen = 0, []
    for _ in range(last):
        page = body(acme.call("list_ledger_events", query={"after": after, "limit": 7}, tenant="acme"))
        if not page["events"]:
            break
        seen += [event["sequence"] for event in page["events"]]
        after = page["next"]
    assert seen == list(range(1, last + 1))
    assert page == {"events": [], "next": last}


def test_newest_events_are_read_without_the_others(acme: OpenWorld) -> None:
    def read(**query: Any) -> list[int]:
        page = body(acme.call("list_ledger_events", query=query, tenant="acme"))
        assert page["next"] == (page["events"][-1]["sequence"] if page["events"] else query["after"])
        return [event["sequence"] for event in page["events"]]

    last = acme.world.ledger.last("acme")
    assert read(last=3) == [last - 2, last - 1, last]
    assert read(last=3, after=last - 1) == [last]
    assert read(last=3, after=last) == []
    assert read(last=2, kind="return.created") == read(kind="return.created")[-2:]


@pytest.mark.parametrize("vendor", vendors.names())
def test_ledger_of_a_seed_matches_its_rows(acme: OpenWorld, vendor: str) -> None:
    rebuilt = rebuild(acme.world.ledger.events("acme", vendor=vendor))
    assert Counter(rebuilt.values()) == acme.world.store.totals("acme", vendor, "return")


def test_clock_is_moved_frozen_and_unfrozen(acme: OpenWorld) -> None:
    moved = body(acme.call("advance_clock", {"seconds": 3600}, tenant="acme"))
    assert (moved["clock"]["now"], moved["clock"]["frozen"]) == ("2026-03-02T13:00:00Z", True)
    to = body(acme.call("advance_clock", {"to": "2026-03-09T12:00:00Z"}, tenant="acme"))
    assert to["clock"]["now"] == "2026-03-09T12:00:00Z"
    assert body(acme.call("unfreeze_clock", tenant="acme"))["frozen"] is False
    assert body(acme.call("freeze_clock", tenant="acme"))["frozen"] is True
    assert body(acme.call("get_clock", tenant="acme"))["now"] >= "2026-03-09T12:00:00Z"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"to": "2026-03-02T11:00:00Z"}, "to"),
        ({"to": "9999-01-01T00:00:00Z"}, "to"),
        ({"to": "soon"}, "to"),
        ({"seconds": 6_000_000_000}, "seconds"),
    ],
)
def test_clock_refuses_impossible_times(acme: OpenWorld, options: dict[str, Any], field: str) -> None:
    problem = refused(acme, "advance_clock", options, tenant="acme")
    assert (problem.kind, problem.fields[0].field) == ("invalid", field)
    assert acme.world.clocks.now("acme") == NOON


def test_return_created_in_the_past_is_recorded_last(acme: OpenWorld) -> None:
    last = acme.world.ledger.last("acme")
    options = {**NEW_RETURN, "created_at": "2026-03-01T18:20:00Z"}
    made = body(acme.call("create_tenant_return", options, tenant="acme"), 201)["document"]
    found = acme.world.store.row("acme", VENDOR, "return", made["id"])
    assert found is not None
    assert found.created_at == NOON - 17 * HOUR - 40 * HOUR // 60
    event = acme.world.ledger.events("acme", after=last)[0]
    assert (event.sequence, event.subject, event.at) == (last + 1, made["id"], found.created_at)


def test_return_is_not_created_in_the_future(acme: OpenWorld) -> None:
    options = {**NEW_RETURN, "created_at": "2026-03-02T12:00:01Z"}
    problem = refused(acme, "create_tenant_return", options, tenant="acme")
    assert (problem.kind, problem.fields[0].field) == ("invalid", "created_at")
    body(
        acme.call(
            "create_tenant_return", {**NEW_RETURN, "created_at": "2026-03-02T12:00:00Z"}, tenant="acme"
        ),
        201,
    )


def test_return_is_moved_along_the_lifecycle_only(acme: OpenWorld) -> None:
    made = body(acme.call("create_tenant_return", NEW_RETURN, tenant="acme"), 201)["document"]
    move = {"vendor": VENDOR, "status": "approved"}
    shown = body(acme.call("move_return", move, tenant="acme", id=made["id"]))
    assert shown["document"]["status"] == "approved"
    last = acme.world.ledger.last("acme")
    illegal = refused(acme, "move_return", {**move, "status": "completed"}, tenant="acme", id=made["id"])
    assert illegal.kind == "invalid"
    assert "'approved' cannot become 'completed'; it can become label_sent, cancelled" in illegal.message
    unknown = refused(acme, "move_return", {**move, "status": "flown"}, tenant="acme", id=made["id"])
    assert unknown.fields[0].field == "status"
    assert refused(acme, "move_return", move, tenant="acme", id="rma_none").kind == "not_found"
    assert acme.world.ledger.last("acme") == last


@pytest.mark.parametrize("vendor", vendors.names())
def test_unknown_return_is_not_found_and_other_errors_are_server_errors(
    acme: OpenWorld, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    status = next(iter(acme.vendors[vendor].lifecycle.states))
    move = {"vendor": vendor, "status": status}
    assert refused(acme, "move_return", move, tenant="acme", id="none_of_ours").kind == "not_found"

    def broken(*_given: object) -> None:
        raise KeyError("a fault of our own")

    monkeypatch.setattr(acme.vendors[vendor], "move", broken)
    with pytest.raises(KeyError, match="a fault of our own"):
        acme.call("move_return", move, tenant="acme", id="none_of_ours")


@pytest.mark.parametrize("vendor", [one for one in vendors.names() if one != VENDOR])
def test_move_with_the_wrong_vendor_names_the_right_one(acme: OpenWorld, vendor: str) -> None:
    made = body(acme.call("create_tenant_return", NEW_RETURN, tenant="acme"), 201)["document"]
    move = {"vendor": vendor, "status": next(iter(acme.vendors[vendor].lifecycle.states))}
    problem = refused(acme, "move_return", move, tenant="acme", id=made["id"])
    assert (problem.kind, problem.fields[0].field) == ("invalid", "vendor")
    assert problem.message == f"vendor: the return belongs to {VENDOR}."
    assert refused(acme, "move_return", move, tenant="demo", id=made["id"]).kind == "not_found"


@pytest.mark.parametrize("vendor", vendors.names())
def test_link_of_a_new_return_moves_it(acme: OpenWorld, vendor: str) -> None:
    """The document defines the link for every vendor: tenant and id in the path, vendor in the body."""
    link = OPERATIONS["create_tenant_return"]["responses"]["201"]["links"]["move"]
    told = body(acme.call("create_tenant_return", {**NEW_RETURN, "vendor": vendor}, tenant="acme"), 201)
    assert link["parameters"] == {"tenant": "$request.path.tenant", "id": "$response.body#/id"}
    assert link["requestBody"] == {"vendor": "$response.body#/vendor"}
    row = acme.world.store.row("acme", vendor, "return", told["id"])
    assert row is not None
    assert acme.world.ledger.events("acme", last=1, kind="return.created")[0].subject == told["id"]
    move = {"vendor": told["vendor"], "status": acme.vendors[vendor].lifecycle.transitions[row.status][0]}
    moved = body(acme.call(link["operationId"], move, tenant="acme", id=told["id"]))
    assert (moved["vendor"], moved["id"]) == (vendor, told["id"])


def test_health_reports_a_failing_store(acme: OpenWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    assert body(acme.call("get_health"))["problems"] == []
    monkeypatch.setattr(acme.world.store, "write_problem", lambda: "The file is gone.")
    health = body(acme.call("get_health"))
    assert (health["status"], health["problems"]) == ("failing", ["The file is gone."])


def test_return_of_another_tenant_is_not_found(acme: OpenWorld) -> None:
    made = body(acme.call("create_tenant_return", NEW_RETURN, tenant="acme"), 201)["document"]
    problem = refused(
        acme, "move_return", {"vendor": VENDOR, "status": "approved"}, tenant="demo", id=made["id"]
    )
    assert problem.kind == "not_found"


@pytest.mark.parametrize("kind", ["invalid", "unauthenticated", "not_found", "server_error", "unavailable"])
def test_problem_matches_the_error_schema(acme: OpenWorld, kind: Any) -> None:
    reply = acme.control.problem(Problem(kind, "Something is wrong."))
    assert errors(SPEC["components"]["schemas"]["Error"], reply.body) == []
    assert reply.status >= 400
