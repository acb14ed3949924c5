"""Every module, dropdown and starting point of every Make app, in the emulator against the sandbox."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from support.each import each
from support.make.expressions import moment
from support.make.requests import Json, MakeError
from support.make.shop import MakeShop, Vendor, opened
from support.sandbox import Sandbox

from connector.definition.compiler import vendors
from connector.definition.paths import at_path
from connector.generator.make.naming import camel
from connector.runtime.polling.history import with_reached_at

if TYPE_CHECKING:
    from connector.definition.model import Action, Search


@pytest.fixture(scope="module", params=vendors())
def vendor(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Vendor]:
    with opened(request.param, sandbox) as found:
        yield found


@pytest.fixture(scope="module")
def seeded(vendor: Vendor) -> MakeShop:
    """A tenant with 150 seeded returns; tests only read from it."""
    return vendor.shop()


def modules(vendor: Vendor, *kinds: str) -> list[str]:
    """List the modules of some kinds; one without a connection downloads a file from another host."""
    components = vendor.app.components("module").items()
    return [
        name
        for name, one in components
        if one["moduleType"] in kinds and one.get("connection", "") is not None
    ]


def announced(bundle: Any, form: list[Json]) -> None:
    """Check that every value is in the module's interface and has the declared type.

    Make passes rows on unchanged, and converts text of digits where an integer is mapped.
    """
    known = {one["name"]: one for one in form}
    assert bundle.keys() <= known.keys()
    for key, value in bundle.items():
        one = known[key]
        if value is None:
            continue
        if one["type"] == "array":
            assert isinstance(value, list)
            if isinstance(one["spec"], list):
                for row in value:
                    announced(row, one["spec"])
        elif one["type"] == "collection":
            announced(value, one["spec"])
        else:
            wanted: Any = {"integer": int, "number": (int, float), "boolean": bool}.get(one["type"], str)
            digits = one["type"] == "integer" and isinstance(value, str) and value.isdecimal()
            assert one["type"] == "any" or isinstance(value, wanted) or digits, (key, value)


def test_login_is_verified_and_named(vendor: Vendor, seeded: MakeShop) -> None:
    assert seeded.make.shown_as.strip()
    secrets = [one.key for one in vendor.offer.authentication.fields if one.secret]
    typed = vendor.typed(seeded.fields)
    assert not any(typed[key] in seeded.make.shown_as for key in each(secrets) if key in typed)


def test_triggers_emit_records_oldest_first_and_none_twice(vendor: Vendor, seeded: MakeShop) -> None:
    names = modules(vendor, "trigger")
    assert names
    for name in each(names):
        watching = seeded.watch(name)
        first, second = watching.poll(), watching.poll()
        rows = [*first, *second, *watching.drain()]
        assert len(first) <= 100
        marks = [mark(vendor, name, row) for row in rows]
        assert marks == sorted(marks)
        found = {(*one, str(named(vendor, name, "id", row))) for one, row in zip(marks, rows, strict=True)}
        assert len(found) == len(rows)
        for row in rows[:20]:
            announced(row, vendor.app.code("module", name, "interface"))


def mark(vendor: Vendor, module: str, row: Json) -> tuple[Any, ...]:
    """Return the value Make orders by: a timestamp, or a growing number."""
    by_id = kind(vendor, module) == "id"
    return (int(named(vendor, module, "id", row)),) if by_id else (named(vendor, module, "date", row),)


def kind(vendor: Vendor, module: str) -> str:
    found: str = vendor.app.code("module", module, "communication")["response"]["trigger"]["type"]
    return found


def named(vendor: Vendor, module: str, what: str, row: Any) -> Any:
    """Return the row's ID or date, by which Make recognizes new events."""
    trigger = next(one for key, one in vendor.offer.triggers.items() if camel(key) == module)
    row = with_reached_at(row, trigger.reached_at)
    path = trigger.source.id if what == "id" else trigger.guarantees["make"].watermark
    assert path
    return at_path(row, path)


def test_triggers_emit_at_most_their_limit(vendor: Vendor, seeded: MakeShop) -> None:
    for name in each(modules(vendor, "trigger")):
        few, many = seeded.watch(name, limit=2), seeded.watch(name)
        assert [row for _ in range(3) for row in few.poll()] == many.poll()[:6]


def test_start_from_now_on_emits_no_old_records(vendor: Vendor, seeded: MakeShop) -> None:
    for name in each(modules(vendor, "trigger")):
        if kind(vendor, name) == "date":  # Make offers this start only for records with a timestamp
            assert seeded.watch(name, seeded.vendor.now(seeded.tenant)).poll() == []


def test_starting_points_have_label_and_date(vendor: Vendor, seeded: MakeShop) -> None:
    for name in each(modules(vendor, "trigger")):
        shown = seeded.make.epoch(name)
        assert len(shown) <= 300
        dated = kind(vendor, name) == "date"
        assert all(one.keys() == {"label", "date"} and one["label"] for one in each(shown))
        assert all(bool(one["date"]) == dated for one in each(shown))
        assert bool(shown) == bool(seeded.watch(name).poll())


def test_chosen_starting_record_is_emitted_first(vendor: Vendor, seeded: MakeShop) -> None:
    for name in each(modules(vendor, "trigger")):
        every = seeded.watch(name).drain()
        if len(every) < 2 or kind(vendor, name) == "id":
            continue
        date = named(vendor, name, "date", every[len(every) // 2])
        watching = seeded.watch(name, moment(date))
        assert named(vendor, name, "date", watching.poll()[0]) == date


def test_dropdowns_have_labels_and_read_more_than_one_page(vendor: Vendor, seeded: MakeShop) -> None:
    for name in vendor.app.components("rpc"):  # may be empty: not every vendor has a dropdown
        api = vendor.app.code("rpc", name, "communication")
        before = len(seeded.make.wire.log)
        shown = choices(seeded, name)
        assert shown
        assert all(one.keys() == {"label", "value"} and one["label"] and one["value"] for one in each(shown))
        if "pagination" in api and len(shown) > 100:
            assert len(seeded.make.wire.log) - before > 1


def test_searches_and_reads_return_what_their_interface_declares(vendor: Vendor, seeded: MakeShop) -> None:
    for name in each(modules(vendor, "search", "action")):
        entry = vendor.app.components("module")[name]
        if entry["moduleType"] == "action" and entry["actionCrud"] != "read":
            continue
        form = vendor.app.code("module", name, "interface")
        bundles, refusal = attempted(vendor, seeded, name)
        assert refusal is None or (refusal.type, refusal.status) == ("DataError", 404), (name, refusal)
        for bundle in bundles:
            announced(bundle, form)


def test_writes_succeed_or_are_refused_with_the_vendors_message(vendor: Vendor) -> None:
    """The vendor may refuse a write here, but no request may be malformed."""
    shop = vendor.shop()
    for name in each(modules(vendor, "action")):
        if vendor.app.components("module")[name]["actionCrud"] == "read":
            continue
        form = vendor.app.code("module", name, "interface")
        bundles, refusal = attempted(vendor, shop, name)
        assert refusal is None or refusal.type == "DataError", (name, refusal)
        assert refusal is None or len(refusal.message) > len("[400] ")
        for bundle in bundles:
            announced(bundle, form)


def attempted(vendor: Vendor, shop: MakeShop, module: str) -> tuple[list[Json], MakeError | None]:
    try:
        return shop.make.run(module, **plausible(vendor, shop, module)), None
    except MakeError as refusal:
        return [], refusal


def plausible(vendor: Vendor, shop: MakeShop, module: str) -> Json:
    """Fill in a form, taking the first choice of every field."""
    form = vendor.app.code("module", module, "mappableParams")
    offer = vendor.offer
    steps: list[Action | Search] = [*offer.actions.values(), *offer.searches.values()]
    step = next(one for one in steps if camel(one.key) == module)
    examples = {one.key: one for one in step.inputs}
    return {
        one["name"]: value
        for one in form
        if one["name"] != "limit" and (value := first(one, shop, examples.get(one["name"]))) is not None
    }


def choices(shop: MakeShop, procedure: str) -> list[Json]:
    """Run a remote procedure; fill the parameters that it depends on with the first choice of each."""
    app = shop.make.app
    forms = [app.code("module", name, "mappableParams") for name in app.components("module")]
    above = {
        one["name"]: one["options"] for form in forms for one in form if isinstance(one.get("options"), str)
    }
    needed = [one["name"] for one in app.code("rpc", procedure, "params")]
    given = {name: choices(shop, above[name].removeprefix("rpc://"))[0]["value"] for name in needed}
    return shop.make.rpc(procedure, **given)


def first(one: Json, shop: MakeShop, known: Any) -> Any:
    options = one.get("options")
    if isinstance(options, str):
        shown = choices(shop, options.removeprefix("rpc://"))
        return shown[0]["value"] if shown else "A-1"  # another module may have deleted the only shipment
    if options:
        return options[0]["value"]
    if isinstance(one.get("spec"), list):
        columns = {child.path[-1]: child for child in known.children} if known else {}
        row = {c["name"]: first(c, shop, columns.get(c["name"])) for c in one["spec"]}
        row = {key: value for key, value in row.items() if value is not None}
        return [row] if one["type"] == "array" else row
    example = getattr(known, "example", None)
    if example is not None or not one.get("required"):
        return example
    return {"integer": 1, "uinteger": 1, "number": 1, "boolean": True, "date": "2026-01-31T10:00:00Z"}.get(
        one["type"], "iris.lane@example.com" if "email" in one["name"] else "A-1"
    )


def test_universal_module_calls_the_vendor_only(vendor: Vendor, seeded: MakeShop) -> None:
    (name,) = modules(vendor, "universal")
    login = vendor.offer.authentication
    url = vendor.app.code("module", name, "mappableParams")[0]["help"].split("`")[1]
    operation = next(one for one in vendor.offer.operations.values() if url.endswith(one.path))
    sent = {key: seeded.fields[field] for key, field in login.sends.items() if operation.parameter(key)}
    sent |= {one.name: str(one.field.example) for one in operation.parameters if one.field.required} | sent
    qs = [{"key": key, "value": value} for key, value in sent.items()]
    other = [{"key": way, "value": "other"} for way in (login.header, login.header.lower())]
    (answer,) = seeded.make.run(name, url=url, qs=qs, headers=other)
    assert answer["statusCode"] == 200
    for evil in ("https://evil.example/", "//evil.example/", "http://evil.example"):
        with pytest.raises(MakeError) as caught:  # the emulator's transport fails for any other host
            seeded.make.run(name, url=evil)
        assert caught.value.status is not None
    vendor.proxy.broken.clear()


def test_log_contains_no_secret(vendor: Vendor, seeded: MakeShop) -> None:
    secrets = [one.key for one in vendor.offer.authentication.fields if one.secret]
    typed = vendor.typed(seeded.fields)
    assert seeded.make.wire.log
    text = str(seeded.make.wire.log)
    assert not any(typed[key] in text for key in each(secrets) if key in typed)
    assert "[sanitized]" in text
