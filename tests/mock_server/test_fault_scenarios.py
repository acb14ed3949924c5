"""The named scenarios, as a client meets them."""

from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus

import httpx
import pytest
from support.each import each
from support.faulty import LISTS, create, item, tenant_of
from support.sandbox import Sandbox as Running

from mock_server.faults.scenarios import SCENARIOS
from mock_server.testing import Sandbox, SandboxError, Tenant

MAX_SCENARIOS = 10


@pytest.fixture(scope="module")
def client(sandbox: Running) -> Iterator[Sandbox]:
    with Sandbox(sandbox.url) as found:
        yield found


@pytest.fixture
def tenant(client: Sandbox, request: pytest.FixtureRequest) -> Iterator[Tenant]:
    """A tenant whose name, and so whose schedule of faults, is the same in every run."""
    name = request.node.name.removeprefix("test_").replace("_", "-")
    with tenant_of(client, name=name[:38].strip("-")) as made:
        yield made


def outcomes(tenant: Tenant, calls: int, vendor: str = "returnmate") -> list[int | str]:
    """List returns several times; return each status, or `cut` if there was no answer."""
    found: list[int | str] = []
    with tenant.client(vendor) as http:
        for _ in range(calls):
            try:
                found.append(http.get(LISTS[vendor][1]).status_code)
            except httpx.RemoteProtocolError:
                found.append("cut")
    return found


def test_every_scenario_can_be_set_and_replaces_the_one_before(client: Sandbox, tenant: Tenant) -> None:
    listed = [scenario["name"] for scenario in client.fault_kinds()["scenarios"]]
    assert listed == list(SCENARIOS)
    assert len(listed) <= MAX_SCENARIOS
    for name in each(listed):
        faults = tenant.faults.scenario(name)
        assert [fault.what for fault in faults] == [one["what"] for one in SCENARIOS[name].faults]
        assert {fault.scenario for fault in faults} == {name}
        assert tenant.faults.list() == faults


def test_unknown_scenario_is_refused_with_a_suggestion(tenant: Tenant) -> None:
    with pytest.raises(SandboxError, match='Did you mean "flaky"') as raised:
        tenant.faults.scenario("flakey")
    assert raised.value.status == HTTPStatus.BAD_REQUEST
    with pytest.raises(SandboxError, match='Did you mean "swap"'):
        tenant.faults.scenario("outage", vendor="swp")


def test_flaky_fails_in_part_and_the_same_way_again(tenant: Tenant) -> None:
    runs = []
    for _ in range(2):
        tenant.faults.scenario("flaky", seed=4)
        tenant.faults.delete(next(fault.id for fault in tenant.faults.list() if fault.what == "latency"))
        runs.append(outcomes(tenant, 60))
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500, "cut"}
    assert Counter(runs[0])[200] > 40


def test_outage_closes_one_vendor_only(tenant: Tenant) -> None:
    tenant.faults.scenario("outage", vendor="swap")
    assert (outcomes(tenant, 2, "swap"), outcomes(tenant, 1, "returngo")) == ([503, 503], [200])
    tenant.faults.clear()
    assert outcomes(tenant, 1, "swap") == [200]


def test_rate_limited_refuses_every_second_call(tenant: Tenant) -> None:
    tenant.faults.scenario("rate-limited")
    assert outcomes(tenant, 4, "exsited") == [200, 429, 200, 429]


def test_eventual_hides_new_records_for_a_minute(tenant: Tenant) -> None:
    tenant.faults.scenario("eventual")
    made = tenant.create_return("returnlogic", items=[item()])
    with tenant.client("returnlogic") as http:
        assert http.get(f"/rmas/{made.id}").status_code == HTTPStatus.NOT_FOUND
        tenant.clock.advance("1m")
        assert http.get(f"/rmas/{made.id}").status_code == HTTPStatus.OK


def test_lost_answers_are_of_changes_that_were_made(tenant: Tenant) -> None:
    tenant.faults.scenario("lost-answers")
    with tenant.client("returnmate") as http:
        assert [create(http).status_code for _ in range(2)] == [201, 201]
        with pytest.raises(httpx.RemoteProtocolError):
            create(http)
        assert http.get("/rmas").json()["meta"]["total"] == 6


def test_slow_takes_seconds(tenant: Tenant) -> None:
    tenant.faults.scenario("slow")
    with tenant.client("swap") as http:
        took = http.get(LISTS["swap"][1]).elapsed.total_seconds()
    assert 1 <= took < 10


def test_broken_gateway_sends_what_is_not_json(tenant: Tenant) -> None:
    tenant.faults.scenario("broken-gateway")
    with tenant.client("returnmate") as http:
        answers = [http.get("/rmas") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200, 200, 502, 200, 200, 502, 200]
    assert answers[2].headers["content-type"] == answers[4].headers["content-type"]
    assert answers[6].content == b""


def test_expired_login_needs_one_more_call(tenant: Tenant) -> None:
    tenant.faults.scenario("expired-login")
    assert outcomes(tenant, 3) == [401, 200, 200]


def test_shifting_pages_lose_and_repeat_rows(tenant: Tenant) -> None:
    tenant.faults.scenario("shifting-pages")
    with tenant.client("returnmate") as http:
        pages = [http.get("/rmas", params={"page": number, "per_page": 1}).json() for number in (1, 2, 3)]
        numbers = [[row["id"] for row in page["data"]] for page in pages]
        tenant.faults.clear()
        whole = [row["id"] for row in http.get("/rmas").json()["data"]]
    assert numbers == [whole[0:1], whole[2:3], whole[1:2]]
