"""Values of inputs: what is accepted, how it is sent, and what is refused by name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from support.each import each
from support.fake_vendor import Wire, one

from connector.cli.inputs import InputError, collect
from connector.definition.compiler import integration, vendors
from connector.definition.model import Choice, Field, InputField
from connector.errors import ValidationFailed
from connector.runtime.choices import choice_value, intended_word
from connector.runtime.inputs import fill
from connector.transport.values import RefusedValue, checked_value

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


# --- Whitespace


@pytest.mark.parametrize("blanks", [" ", "\n", "\t", "\r\n", "\u00a0", "\u200b", "\ufeff", "\u3000 \n"])
def test_single_line_text_is_trimmed_and_multi_line_text_is_not(blanks: str) -> None:
    written = f"{blanks}a b{blanks}"
    assert taken(of_type("string"), written) == "a b"
    assert taken(of_type("text"), written) == written
    assert taken(of_type("string"), blanks) is None
    assert taken(of_type("text"), blanks) is None


@pytest.mark.parametrize(("vendor", "kind", "key"), OFFERS)
def test_every_identifying_input_is_trimmed(vendor: str, kind: str, key: str) -> None:
    """A pasted number with a trailing newline would match nothing, and a duplicate would be created."""
    for field in getattr(compiled(vendor), kind)[key].inputs:  # may be empty: not every trigger has filters
        if field.identifies:
            loose = field.model_copy(update={"bounds": of_type("string").bounds})
            assert fill(key, [loose], {field.key: " 1\n"}).inputs == {field.key: "1"}


def test_no_free_text_input_is_identifying() -> None:
    texts = [
        field
        for vendor, kind, key in OFFERS
        for field in flat(getattr(compiled(vendor), kind)[key].inputs)
        if field.type == "text"
    ]
    assert {field.key for field in texts} >= {"notes", "note"}
    assert not [field.key for field in texts if field.identifies]


async def test_values_are_sent_without_surrounding_whitespace(rm: Connection, wire: Wire) -> None:
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


def test_command_line_pair_is_trimmed_like_an_argument() -> None:
    inputs = compiled("returnmate").actions["create_return"].inputs
    given = collect(inputs, ["order_number= #1001 ", "items[0].quantity= 2 ", "items[0].sku=A"])
    assert given["items"][0]["quantity"] == 2
    with pytest.raises(ValidationFailed, match="customer_email is required"):
        fill("create_return", inputs, {**given, "customer_email": "\n"})


def test_list_without_values_filters_nothing() -> None:
    inputs = compiled("returnmate").searches["find_return"].inputs
    for nothing in ([], [""], [" ", "\n"]):
        assert fill("find_return", inputs, {"order_number": nothing}).inputs == {}
    assert fill("find_return", inputs, {"order_number": ["#1 ", " "]}).values == {"order_number": ["#1"]}


@pytest.mark.parametrize("nothing", ["#", " # ", ",", " , ,"])
def test_number_without_digits_is_refused(nothing: str) -> None:
    inputs = compiled("returngo").searches["find_return"].inputs
    with pytest.raises(ValidationFailed, match="order_number does not identify a record"):
        fill("find_return", inputs, {"order_number": nothing})


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
def test_command_line_texts_are_converted_by_type(kind: FieldType, text: str, value: Any) -> None:
    assert collect([of_type(kind)], [f"x={text}"]) == {"x": value}


@pytest.mark.parametrize(
    "text",
    ["1_0", "0x10", "1e3", "1,000", "1,5", "\uff15", "\u0665", "NaN", "Infinity", "two", "5 6", "--5", "5."],
)
def test_text_that_is_not_a_number_is_refused_by_name(text: str) -> None:
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
def test_invalid_command_line_text_is_refused_by_name(kind: FieldType, text: str, words: str) -> None:
    with pytest.raises(InputError, match=f"^x must be {words}") as refused:
        collect([of_type(kind)], [f"x={text}"])
    assert len(str(refused.value)) < 300


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
def test_values_are_converted_to_the_form_that_is_sent(kind: FieldType, value: Any, sent: Any) -> None:
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
def test_invalid_values_are_refused_by_name(kind: FieldType, value: Any, words: str) -> None:
    assert complaint(of_type(kind), value).startswith(words)


@pytest.mark.parametrize(("vendor", "kind", "key"), OFFERS)
def test_list_is_refused_for_a_single_text(vendor: str, kind: str, key: str) -> None:
    """Joining a list of ids (`r1,r2`) would name a record that does not exist."""
    fields = [one for one in getattr(compiled(vendor), kind)[key].inputs if one.type in ("string", "text")]
    for field in fields:  # may be empty: not every trigger has filters
        if field.repeated_as:
            continue
        with pytest.raises(ValidationFailed) as caught:
            fill(key, [field], {field.key: ["r1", "r2"]})
        assert [error.field for error in caught.value.fields] == [field.key]


@pytest.mark.parametrize(("vendor", "kind", "key"), OFFERS)
def test_path_value_that_changes_the_path_is_refused_by_name(vendor: str, kind: str, key: str) -> None:
    for field in getattr(compiled(vendor), kind)[key].inputs:
        if field.location == "path":
            loose = field.model_copy(update={"bounds": of_type("string").bounds})
            for dots in (".", " .. "):
                with pytest.raises(ValidationFailed, match=f"{field.key} must be the id of a record"):
                    fill(key, [loose], {field.key: dots})


def test_numeric_id_is_accepted_as_text() -> None:
    inputs = compiled("returnlogic").searches["get_rma"].inputs
    assert fill("get_rma", inputs, {"return_id": 100_001}).inputs == {"return_id": "100001"}
    with pytest.raises(ValidationFailed, match="return_id must be text"):
        fill("get_rma", inputs, {"return_id": True})


def test_number_from_a_vendors_answer_is_accepted_unchanged() -> None:
    with pytest.raises(RefusedValue):
        checked_value(Field(key="n", label="N", type="integer"), Decimal("1.5"), "n")
    assert checked_value(Field(key="n", label="N", type="integer"), Decimal("2.0"), "n") == 2


# --- Choices


CARRIER = of_type("string", choices=(Choice(value="australia_post", label="Australia Post"),))


@pytest.mark.parametrize(
    "written", ["australia_post", "Australia Post", " AUSTRALIA POST\n", "australia-post", "AustraliaPost"]
)
def test_choice_is_accepted_by_value_or_label(written: str) -> None:
    assert taken(CARRIER, written) == "australia_post"


@pytest.mark.parametrize("written", ["Australian Post", "post", "austria_post"])
def test_unknown_choice_is_refused(written: str) -> None:
    assert complaint(CARRIER, written).startswith("must be australia_post")


def test_every_choice_of_every_vendor_is_accepted_by_label() -> None:
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


def test_spelling_shared_by_two_choices_selects_neither() -> None:
    pair = (Choice(value="in_transit", label="One"), Choice(value="InTransit", label="Two"))
    field = of_type("string", choices=pair)
    for written, meant in (("in_transit", "in_transit"), ("InTransit", "InTransit"), ("two", "InTransit")):
        assert choice_value(field, written) == meant
    assert choice_value(field, "in transit") == "in transit"


def test_known_word_is_matched_in_any_case_and_others_are_kept() -> None:
    reason = of_type("string", known_values=("wrong_size", "defective"))
    written = ["Wrong Size", "DEFECTIVE", "wrong-size", "Zu klein"]
    assert [taken(reason, one) for one in written] == ["wrong_size", "defective", "wrong-size", "Zu klein"]


def test_comma_separated_words_are_matched_one_by_one() -> None:
    inputs = compiled("returngo").searches["find_return"].inputs
    assert fill("find_return", inputs, {"status": " approved, DONE ,"}).inputs == {"status": "Approved,Done"}
    with pytest.raises(ValidationFailed, match=r"status is ' ?aproved', which .*; did you mean Approved\?"):
        fill("find_return", inputs, {"status": "Done, aproved"}, looking=True)


# --- Typing errors in filters


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
def test_typing_error_is_distinguished_from_a_custom_word(written: str, meant: str | None) -> None:
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
def test_typing_error_in_a_trigger_filter_is_refused(vendor: str, key: str) -> None:
    """Watching for a status that does not exist would wait forever without an error."""
    words_of = {
        field.key: [*field.known_values, *(one.value for one in field.choices)]
        for field in compiled(vendor).triggers[key].inputs
    }
    for field in each(item for item in compiled(vendor).triggers[key].inputs if words_of[item.key]):
        words = words_of[field.key]
        word = next(one for one in words if len(one) >= 5)
        typed = word[:1] + word[2:]
        with pytest.raises(ValidationFailed) as caught:
            fill(key, [field], {field.key: typed}, looking=True)
        assert f"did you mean {word}?" in str(caught.value)
        assert fill(key, [field], {field.key: word.upper()}, looking=True).inputs == {field.key: word}
