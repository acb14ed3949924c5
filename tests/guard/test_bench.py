"""The benchmarks: their requests cover every vendor, and their results are computed and written correctly."""

import asyncio
import json
import re
import socket
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from contract.sandbox.documents import Operation, document
from pydantic import SecretStr
from support.each import each

import openapi
from bench import goals, records
from bench.firing import AnswersOtherwiseError, fire
from bench.loads import FIRST_MOMENT, LOADS, MISSING, Kind, Load, load_of
from bench.peers.apps.bare import create as create_bare
from bench.peers.recorded import COMPARED, VENDOR
from bench.picture import bars
from bench.replayed import moment
from bench.results import Part, about, read, shown
from bench.servers import CannotStartError, started
from bench.workload import Caller, Lifespan
from mock_server.app import create_app
from mock_server.settings import Settings

NOWHERE = "http://127.0.0.1:9"
KINDS: tuple[Kind, ...] = get_args(Kind)


def test_each_vendor_has_each_kind_of_request_once_or_a_reason() -> None:
    pairs = [(load.vendor, load.kind) for load in LOADS]
    assert len(set(pairs)) == len(pairs)
    assert {*pairs} | {*MISSING} == {(vendor, kind) for vendor in openapi.vendors() for kind in KINDS}
    assert not {*pairs} & {*MISSING}
    assert all(reason.endswith(".") for reason in MISSING.values())


def test_each_request_is_an_operation_of_the_specification() -> None:
    for load in each(LOADS):
        operation = document(load.vendor).operations[load.operation]
        path = re.sub(r"{\w+}", "x", load.path.partition("?")[0])
        assert load.method == operation.method, load.name
        assert operation.matches(path), load.name
        assert str(load.status) in operation.responses, load.name


def could_have(vendor: str, kind: Kind) -> list[str]:
    """List the operations of a vendor that a missing kind of request could use."""
    found = [one for one in document(vendor).operations.values() if not one.is_public]
    reads = [one for one in found if one.method == "GET"]
    writes = [one for one in found if one.method in {"POST", "PUT", "PATCH"}]
    main = load_of(vendor, "list").operation
    chosen: Mapping[Kind, list[Operation]] = {
        "report": [one for one in reads if "report" in one.path],
        "transactions": [one for one in reads if "transaction" in one.path],
        "create": [one for one in writes if "201" in one.responses],
        "update": [one for one in writes if one.method != "POST" or "200" in one.responses],
        "list by update": [one for one in reads if one.id == main and lists_by_update(one)],
    }
    return [one.id for one in chosen[kind]]


def lists_by_update(operation: Operation) -> bool:
    """Check whether a parameter of a list filters or sorts by the time of the last change."""
    return any("updat" in json.dumps([one["name"], one["schema"]]).lower() for one in operation.parameters)


def test_each_missing_kind_has_no_operation() -> None:
    for vendor, kind in each(MISSING):
        assert could_have(vendor, kind) == [], (vendor, kind)


def test_each_kind_that_can_be_missing_is_recognized_at_another_vendor() -> None:
    for kind in each({kind for _, kind in MISSING}):
        vendors = [vendor for vendor in openapi.vendors() if (vendor, kind) not in MISSING]
        assert any(could_have(vendor, kind) for vendor in each(vendors)), kind


@pytest.fixture(scope="module")
def answers() -> Mapping[Load, tuple[list[records.Request], list[bytes]]]:
    """Each load's requests, and the sandbox's responses; the tenant `orders` has three orders."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(records, "ORDERS", 3)
        return asyncio.run(answered())


async def answered() -> Mapping[Load, tuple[list[records.Request], list[bytes]]]:
    settings = Settings(
        database="sqlite://",
        secret=SecretStr("bench"),
        rate_limits=False,
        seed_size=60,
        first_moment=moment(FIRST_MOMENT),
    )
    app = create_app(settings)
    call, found = Caller(app), {}

    async def get(path: str, headers: Mapping[str, str]) -> Any:
        call.headers = headers
        return json.loads(await call("GET", path, status=200))

    try:
        async with Lifespan(app):
            tenant = json.dumps(records.shop_tenant("orders")).encode()
            await call("POST", "/__sandbox/tenants", tenant, status=201)
            for vendor in each(openapi.vendors()):
                for load, requests in each((await records.all_requests(get, vendor)).items()):
                    found[load] = requests, await sent(call, load, requests)
    finally:
        app.world.close()
    return found


async def sent(call: Caller, load: Load, requests: list[records.Request]) -> list[bytes]:
    """Send each request of a load twice; the call ends the test if a status differs."""
    bodies = []
    for request in each(requests * 2):
        call.headers = request.headers
        bodies.append(await call(request.method, request.path, request.body, status=load.status))
    return bodies


def test_every_request_has_the_expected_status_each_time(answers: Mapping[Load, Any]) -> None:
    assert set(answers) == set(LOADS)
    for load, (requests, _) in each(answers.items()):
        assert len(requests) == (3 if load.in_turn else 1), load.name


def test_lists_have_25_returns_and_the_last_page_has_the_rest(answers: Mapping[Load, Any]) -> None:
    for vendor in each(openapi.vendors()):
        found = [json.loads(answers[load_of(vendor, kind)][1][0]) for kind in ("list", "last page")]
        full, last = [returns_of(one) for one in found]
        assert len(full) == records.PAGE, vendor
        assert 0 < len(last) <= records.PAGE, vendor
        assert full != last, vendor


def test_filtered_lists_have_some_of_the_returns(answers: Mapping[Load, Any]) -> None:
    for load in each(one for one in LOADS if one.kind in {"filtered list", "list by update"}):
        rows = returns_of(json.loads(answers[load][1][0]))
        assert 0 < len(rows) <= records.PAGE, load.name
        assert rows != returns_of(json.loads(answers[load_of(load.vendor, "list")][1][0])), load.name


def returns_of(answer: Any) -> list[Any]:
    """Return the rows of a list, which are an array or the only array in an object."""
    if isinstance(answer, list):
        return answer
    answer = answer.get("invoice", answer)
    [rows] = [value for value in answer.values() if isinstance(value, list)]
    return rows


def test_the_bare_application_answers_the_bytes_of_the_sandbox(
    answers: Mapping[Load, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = [load_of(VENDOR, kind) for kind in COMPARED]
    prefix = "/returnmate/v1"
    file = tmp_path / "recorded.json"
    file.write_text(
        json.dumps(
            {
                load.kind: {
                    "path": answers[load][0][0].path.removeprefix(prefix),
                    "login": answers[load][0][0].headers.get("Authorization", ""),
                    "body": answers[load][1][0].decode(),
                }
                for load in loads
            }
        )
    )
    monkeypatch.setenv("BENCH_RECORDED", str(file))
    call = Caller(create_bare())

    async def compare() -> None:
        for load in each(loads):
            [request], [body, *_] = answers[load]
            call.headers = request.headers
            path = request.path.removeprefix(prefix)
            assert await call(request.method, path, request.body, status=load.status) == body, load.name

    asyncio.run(compare())


def rounds() -> Part:
    part = Part("peers", "Two servers", main="ours")
    for ours, theirs in ((100, 300), (200, 400), (100, 500)):
        part.add("list", "ours", "µs", ours)
        part.add("list", "theirs", "µs", theirs)
    return part


def test_ratios_are_medians_of_the_ratios_of_each_round() -> None:
    part = rounds()
    assert part.median("list", "theirs", "µs") == 400
    assert part.ratio("list", "theirs", "µs") == 3
    assert part.ratio("list", "others", "µs") is None


def test_results_are_written_as_table_json_and_picture(tmp_path: Path) -> None:
    part = rounds()
    part.note("A server was left out.")
    part.write(tmp_path, about())
    table = (tmp_path / "peers.md").read_text("utf-8")
    assert "| list | 100 | 400 (3.00×) |" in table
    assert "- A server was left out." in table
    assert f"| Python | {about()['Python']} |" in table
    assert read(tmp_path / "peers.json") == part
    picture = ET.fromstring((tmp_path / "peers.svg").read_text("utf-8"))
    assert len(list(bars_of(picture))) == 2


def bars_of(picture: ET.Element) -> Iterator[float]:
    for bar in picture.iter("{http://www.w3.org/2000/svg}rect"):
        if bar.get("width") != "100%":
            yield float(bar.get("width", 0))


def test_bars_are_as_long_as_their_values_and_texts_are_escaped() -> None:
    picture = ET.fromstring(bars("a < b", "µs", [("list", "x", 50), ("list", "y", 100)]))
    half, full = bars_of(picture)
    assert half == pytest.approx(full / 2)
    assert "a < b" in "".join(picture.itertext())


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.126, "0.13"), (12.34, "12.3"), (123.4, "123"), (12345.6, "12,346")]
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert shown(value) == text


def test_the_readme_has_the_table_of_the_committed_results() -> None:
    text = goals.README.read_text("utf-8")
    assert goals.with_table(text, goals.committed()) == text, "Run `python -m bench.goals`."


def test_goals_are_met_or_missed_by_the_measured_ratio() -> None:
    part = Part("peers", "Servers", main="sandbox")
    part.add("list", "sandbox", "CPU per request in µs", 100)
    part.add("list", "bare Starlette", "CPU per request in µs", 61)
    part.add("list", "Prism", "CPU per request in µs", 1_099)
    part.add("list", "FastAPI", "CPU per request in µs", 170)
    lines = list(goals.table({"peers": part}))
    assert "| list: CPU of bare Starlette ÷ CPU of the sandbox | at least 0.6× | 0.61× | met |" in lines
    assert "| list: CPU of Prism ÷ CPU of the sandbox | at least 11× | 11.0× | missed |" in lines
    [fastest] = [line for line in lines if "fastest other peer" in line]
    assert fastest.endswith("| at least 1× | 1.70× (list, FastAPI) | met |")
    assert "| start, one vendor: CPU | at most 0.8 s | not measured | |" in [
        line.replace("|  |", "| |") for line in lines
    ]


def test_all_places_state_the_same_maximum_of_generated_returns() -> None:
    [most] = [rule.le for rule in Settings.model_fields["seed_size"].metadata if hasattr(rule, "le")]
    control = json.dumps(openapi.read("sandbox"))
    assert most == 100_000
    assert f'"maximum": {most}' in control
    assert f"up to {most:,} (`--seed-size`)" in control


def test_a_server_that_does_not_start_is_reported_with_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no port left')"]
    with pytest.raises(CannotStartError, match="no port left"), started("x", command, NOWHERE, tmp_path):
        pass


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the memory is read from Linux")
def test_a_started_server_has_a_time_of_start_memory_and_cpu_time(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with started("files", command, f"http://127.0.0.1:{port}", tmp_path) as server:
        assert 0 < server.start_cpu <= server.cpu
        assert server.ready > 0
        assert server.memory > 1
        unknown = records.Request("GET", "/unknown", {}, b"")
        with pytest.raises(AnswersOtherwiseError, match="404, not 200"):
            fire(server, [unknown], 200)
    assert not Path(f"/proc/{server.pid}").exists()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
