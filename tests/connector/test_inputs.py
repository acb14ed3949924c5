"""What a person fills in: what is taken, in which form it is sent, and what is refused by name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from support.each import each
from support.wire import Wire, one

from connector.cli.inputs import InputError, collect
from connector.definition.compiler import integration, vendors
from connector.definition.model import Choice, Field, InputField
from connector.errors import ValidationFailed
from connector.runtime.choices import choice_value, intended_word
from connector.runtime.inputs import fill
from connector.transport.values import RefusedValue, fitted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connector.definition.model import FieldType
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio
compiled = cache(integration)
OFFERS = [
    (vendor, kind, key)
    for vendor in vendors()
    for kind in ("actions", "searches", "triggers")
    for key in getattr(compiled(vendor), kind)
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def flat(fields: Sequence[InputField]) -> Iterator[InputField]:
    for field in fields:
        yield field
        yield from flat(field.children)


def of_type(kind: FieldType, **more: Any) -> InputField:
    return InputField(key="x", label="X", type=kind, location="body", path=("x",), **more)


def taken(field: InputField, value: Any) -> Any:
    return fill("it", [field], {"x": value}).inputs.get("x")


def complaint(field: InputField, value: Any) -> str:
    with pytest.raises(ValidationFailed) as caught:
        fill("it", [field], {"x": value})
    (error,) = caught.value.fields
    assert error.field.partition("[")[0] == "x"
    return error.message


# --- Blanks


@pytest.mark.parametrize("blanks", [" ", "\n", "\t", "\r\n", "\u00a0", "\u200b", "\ufeff", "\u3000 \n"])
def test_a_line_of_text_is_trimmed_and_a_text_of_lines_is_not(blanks: str) -> None:
    written = f"{blanks}a b{blanks}"
    assert taken(of_type("string"), written) == "a b"
    assert taken(of_type("text"), written) == written
    assert taken(of_type("string"), blanks) is None
    assert taken(of_type("text"), blanks) is None


@pytest.mark.parametrize(("vendor", "kind", "key"), OFFERS)
def test_every_input_that_identifies_is_trimmed(vendor: str, kind: str, key: str) -> None:
    """An address or a number with a newline, as it is pasted, finds nothing, and a duplicate is created."""
    for field in getattr(compiled(vendor), kind)[key].inputs:  # may be empty: not every trigger has filters
        if field.identifies:
            loose = field.model_copy(update={"bounds": of_type("string").bounds})
            assert fill(key, [loose], {field.key: " 1\n"}).inputs == {field.key: "1"}


def test_no_free_text_is_said_to_identify() -> None:
    texts = [
        field
        for vendor, kind, key in OFFERS
        for field in flat(getattr(compiled(vendor), kind)[key].inputs)
        if field.type == "text"
    ]
    assert {field.key for field in texts} >= {"content", "notes", "note", "text"}
    assert not [field.key for field in texts if field.identifies]


async def test_what_is_sent_has_no_blanks_around_it(rm: Connection, wire: Wire) -> None:
    wire.reply(one(201, id="rma_new"))
    await rm.actions["create_return"](
        order_number="#1001 ",
        customer_email=" kim@example.com\n",
        items=[{"sku": " BOOT ", "quantity": 1, "reason": " defective", "notes": " Heel.\n"}],
    )
    sent = wire.requests[0].read()
    assert b'"order_number": "#1001"' in sent
    assert b'"customer_email": "kim@example.com"' in sent
    assert b'"sku": "BOOT", "quantity": 1, "reason": "defective", "notes": " Heel.\\n"' in sent


def test_a_pair_of_the_command_line_is_trimmed_like_an_argument() -> None:
    inputs = compiled("returnmate").actions["create_return"].inputs
    given = collect(inputs, ["order_number= #1001 ", "items[0].quantity= 2 ", "items[0].sku=A"])
    assert given["items"][0]["quantity"] == 2
    with pytest.raises(ValidationFailed, match="customer_email is required"):
        fill("create_return", inputs, {**given, "customer_email": "\n"})


def test_a_list_without_values_asks_for_nothing() -> None:
    inputs = compiled("returnmate").searches["find_return"].inputs
    for nothing in ([], [""], [" ", "\n"]):
        assert fill("find_return", inputs, {"order_number": nothing}).inputs == {}
    assert fill("find_return", inputs, {"order_number": ["#1 ", " "]}).values == {"order_number": ["#1"]}


@pytest.mark.parametrize("nothing", ["#", " # ", ",", " , ,"])
def test_a_number_that_identifies_nothing_is_refused(nothing: str) -> None:
    inputs = compiled("returngo").searches["find_return"].inputs
    with pytest.raises(ValidationFailed, match="order_name does not identify a record"):
        fill("find_return", inputs, {"order_name": nothing})


# --- Numbers, booleans, times


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "5", 5),
        ("integer", " 5 ", 5),
        ("integer", "+5", 5),
        ("integer", "-1", -1),
        ("integer", "007", 7),
        ("integer", "2.0", 2),
        ("number", "12.50", Decimal("12.50")),
        ("number", ".5", Decimal("0.5")),
        ("number", "-3", Decimal(-3)),
        ("boolean", " TRUE ", True),
        ("boolean", "y", True),
        ("boolean", "Off", False),
        ("boolean", "0", False),
        ("integer", "", ""),
        ("boolean", " \n", ""),
    ],
)
def test_texts_of_the_command_line_that_are_values(kind: FieldType, text: str, value: Any) -> None:
    assert collect([of_type(kind)], [f"x={text}"]) == {"x": value}


@pytest.mark.parametrize(
    "text",
    ["1_0", "0x10", "1e3", "1,000", "1,5", "\uff15", "\u0665", "NaN", "Infinity", "two", "5 6", "--5", "5."],
)
def test_texts_that_are_no_number_are_refused_by_name(text: str) -> None:
    kinds: tuple[tuple[FieldType, str], ...] = (("integer", "a whole number"), ("number", "a number"))
    for kind, words in kinds:
        with pytest.raises(InputError, match=f"^x must be {words}"):
            collect([of_type(kind)], [f"x={text}"])


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("integer", "1.5", "a whole number"),
        ("integer", "true", "a whole number"),
        ("integer", "9" * 5_000, "a whole number"),
        ("boolean", "0.0", "true or false"),
        ("boolean", "2", "true or false"),
        ("boolean", "maybe", "true or false"),
        ("list", "[NaN]", "JSON"),
        ("list", "[" * 100_000, "JSON"),
        ("object", "{", "JSON"),
    ],
)
def test_other_texts_that_are_refused_by_name(kind: FieldType, text: str, words: str) -> None:
    with pytest.raises(InputError, match=f"^x must be {words}"):
        collect([of_type(kind)], [f"x={text}"])


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("integer", 2.0, 2),
        ("integer", Decimal("1E+3"), 1000),
        ("number", 1e15, 10**15),
        ("number", Decimal("19.90"), Decimal("19.90")),
        ("number", 0.1, Decimal("0.1")),
        ("date", date(2026, 3, 1), "2026-03-01"),
        ("date", " 2026-03-01 ", "2026-03-01"),
        ("datetime", "2026-03-01", "2026-03-01T00:00:00Z"),
        ("datetime", "2026-03-01 12:00:00z", "2026-03-01T12:00:00Z"),
        ("datetime", "2026-03-01t12:00:00+0200", "2026-03-01T10:00:00Z"),
        ("datetime", "2026-12-31T23:59:60Z", "2027-01-01T00:00:00Z"),
        ("datetime", "9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59-05:00"),
        ("datetime", datetime(2026, 3, 1, 12, tzinfo=UTC), "2026-03-01T12:00:00Z"),
        ("datetime", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "0001-01-01T00:00:00+01:00"),
    ],
)
def test_values_and_how_they_are_sent(kind: FieldType, value: Any, sent: Any) -> None:
    found = taken(of_type(kind), value)
    assert found == sent
    assert type(found) is type(sent)
    assert "E" not in str(found) or kind == "datetime"


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("integer", True, "must be a whole number"),
        ("integer", 2.5, "must be a whole number"),
        ("integer", "2", "must be a whole number"),
        ("integer", float("nan"), "must be a whole number"),
        ("integer", 2**53, "has more digits than can be sent exactly"),
        ("integer", 10**400, "has more digits than can be sent exactly"),
        ("number", False, "must be a number"),
        ("number", float("inf"), "must be a number"),
        ("number", Decimal("NaN"), "must be a number"),
        ("number", Decimal("1E+400"), "has more digits than can be sent exactly"),
        ("number", Decimal("0.12345678901234567890"), "has more digits than can be sent exactly"),
        ("boolean", 1, "must be true or false"),
        ("boolean", "false", "must be true or false"),
        ("string", ["a", "b"], "must be text"),
        ("string", {"a": 1}, "must be text"),
        ("string", 5, "must be text"),
        ("string", True, "must be text"),
        ("string", "a\0", "contains characters that cannot be sent"),
        ("text", "\ud83d", "contains characters that cannot be sent"),
        ("list", "a,b", "must be a list"),
        ("date", "2026-13-45", "must be a date, for example 2024-12-30"),
        ("date", "2026-02-30", "must be a date, for example 2024-12-30"),
        ("date", "20260301", "must be a date, for example 2024-12-30"),
        ("date", "2026-W10-1", "must be a date, for example 2024-12-30"),
        ("date", "10/31/2026", "must be a date, for example 2024-12-30"),
        ("date", 1_793_880_000, "must be a date, for example 2024-12-30"),
        ("datetime", "2026-13-45T00:00:00Z", "must be a time with its zone"),
        ("datetime", "2026-03-01T25:00:00Z", "must be a time with its zone"),
        ("datetime", "2026-03-01T12:00:00", "must be a time with its zone"),
        ("datetime", "1793880000", "must be a time with its zone"),
        ("datetime", "0001-01-01T00:00:00+01:00", "must be a time with its zone"),
    ],
)
def test_values_that_are_refused_by_name(kind: FieldType, value: Any, words: str) -> None:
    assert complaint(of_type(kind), value).startswith(words)


@pytest.mark.parametrize(("vendor", "kind", "key"), OFFERS)
def test_no_list_is_taken_for_one_text(vendor: str, kind: str, key: str) -> None:
    """A list of ids that is joined (`r1,r2`) names a record that nobody has."""
    fields = [one for one in getattr(compiled(vendor), kind)[key].inputs if one.type in ("string", "text")]
    for field in fields:  # may be empty: not every trigger has filters
        if field.repeated_as:
            continue
        with pytest.raises(ValidationFailed) as caught:
            fill(key, [field], {field.key: ["r1", "r2"]})
        assert [error.field for error in caught.value.fields] == [field.key]


@pytest.mark.parametrize(("vendor", "kind", "key"), OFFERS)
def test_a_segment_that_leads_elsewhere_is_refused_by_its_input(vendor: str, kind: str, key: str) -> None:
    for field in getattr(compiled(vendor), kind)[key].inputs:
        if field.location == "path":
            loose = field.model_copy(update={"bounds": of_type("string").bounds})
            for dots in (".", " .. "):
                with pytest.raises(ValidationFailed, match=f"{field.key} must be the id of a record"):
                    fill(key, [loose], {field.key: dots})


def test_an_id_that_is_a_number_is_its_digits_and_a_text_of_words_takes_none() -> None:
    inputs = compiled("returnlogic").searches["get_rma"].inputs
    assert fill("get_rma", inputs, {"rma_id": 100_001}).inputs == {"rma_id": "100001"}
    with pytest.raises(ValidationFailed, match="rma_id must be text"):
        fill("get_rma", inputs, {"rma_id": True})


def test_a_number_in_an_answer_of_the_vendor_is_taken_as_it_came() -> None:
    with pytest.raises(RefusedValue):
        fitted(Field(key="n", label="N", type="integer"), Decimal("1.5"), "n")
    assert fitted(Field(key="n", label="N", type="integer"), Decimal("2.0"), "n") == 2


# --- Choices


CARRIER = of_type("string", choices=(Choice(value="australia_post", label="Australia Post"),))


@pytest.mark.parametrize(
    "written", ["australia_post", "Australia Post", " AUSTRALIA POST\n", "australia-post", "AustraliaPost"]
)
def test_a_choice_is_taken_by_its_value_or_its_label(written: str) -> None:
    assert taken(CARRIER, written) == "australia_post"


@pytest.mark.parametrize("written", ["Australian Post", "post", "austria_post"])
def test_what_is_no_choice_is_refused(written: str) -> None:
    assert complaint(CARRIER, written).startswith("must be australia_post")


def test_every_choice_of_every_vendor_is_taken_by_its_label() -> None:
    fields = [
        field
        for vendor, kind, key in OFFERS
        for field in flat(getattr(compiled(vendor), kind)[key].inputs)
        if field.choices
    ]
    assert len(fields) > 10
    for field in each(fields):
        for choice in field.choices:
            for written in (choice.value, choice.label, choice.label.upper(), choice.value.lower()):
                assert choice_value(field, written) == choice.value


def test_a_spelling_that_two_choices_share_is_neither() -> None:
    pair = (Choice(value="in_transit", label="One"), Choice(value="InTransit", label="Two"))
    field = of_type("string", choices=pair)
    for written, meant in (("in_transit", "in_transit"), ("InTransit", "InTransit"), ("two", "InTransit")):
        assert choice_value(field, written) == meant
    assert choice_value(field, "in transit") == "in transit"


def test_a_known_word_is_taken_in_any_case_and_another_one_as_it_is() -> None:
    reason = of_type("string", known_values=("wrong_size", "defective"))
    written = ["Wrong Size", "DEFECTIVE", "wrong-size", "Zu klein"]
    assert [taken(reason, one) for one in written] == ["wrong_size", "defective", "wrong-size", "Zu klein"]


def test_several_words_with_commas_are_each_taken_so() -> None:
    inputs = compiled("returngo").searches["find_return"].inputs
    assert fill("find_return", inputs, {"status": " approved, DONE ,"}).inputs == {"status": "Approved,Done"}
    with pytest.raises(ValidationFailed, match=r"status is ' ?aproved', which .*; did you mean Approved\?"):
        fill("find_return", inputs, {"status": "Done, aproved"}, looking=True)


# --- Slips in filters


STATUS = of_type("string", known_values=("pending", "approved", "in_transit", "cancelled"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("aproved", "approved"),
        ("apporved", "approved"),
        ("Approvde", "approved"),
        ("canceled", "cancelled"),
        ("in transot", "in_transit"),
        ("pendin", "pending"),
        ("aprovd", "approved"),
        ("aprov", None),
        ("approved", None),
        ("In Transit", None),
        ("disapproved", None),
        ("approved2", None),
        ("waiting for vet", None),
        ("abc", None),
        ("-", None),
    ],
)
def test_a_slip_is_told_from_a_word_of_ones_own(written: str, meant: str | None) -> None:
    assert intended_word(STATUS, written) == meant


@pytest.mark.parametrize(
    ("vendor", "key"),
    [
        (vendor, trigger.key)
        for vendor in vendors()
        for trigger in compiled(vendor).triggers.values()
        if trigger.inputs
    ],
)
def test_a_slip_in_a_filter_of_a_trigger_is_refused(vendor: str, key: str) -> None:
    """Watching for a status that never comes is silent for ever."""
    for field in each(compiled(vendor).triggers[key].inputs):
        words = [*field.known_values, *(one.value for one in field.choices)]
        word = next(one for one in words if len(one) >= 5)
        typed = word[:1] + word[2:]
        with pytest.raises(ValidationFailed) as caught:
            fill(key, [field], {field.key: typed}, looking=True)
        assert f"did you mean {word}?" in str(caught.value)
        assert fill(key, [field], {field.key: word.upper()}, looking=True).inputs == {field.key: word}
