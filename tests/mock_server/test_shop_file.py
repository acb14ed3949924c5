"""A shop's file: what is read, what is refused, and where the mistakes are."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
import yaml
from documents import shop_schema
from support.each import each
from support.shops import SMALL, every_status
from support.worlds import NOON

from mock_server.shop import template
from mock_server.shop.document import LAST, parse, read_content
from mock_server.shop.mistakes import ShopError
from mock_server.shop.model import Shop

FILE = """\
products:
  - {sku: MUG-BLU, name: Blue mug, price: 24.90}
  - {sku: 007, price: 5}
customers:
  - {email: iris.lane@example.com, name: Iris Lane, address: {country: NO}}
orders:
  - {number: "#5001", customer: iris.lane@example.com, age: 2026-02-10, items: [MUG-BLU, 007]}
returns:
  - order: "#5001"
    status: received
    age: 3d
    items: [{sku: MUG-BLU, reason: damaged}]
"""


def read(text: str | bytes, start: int = NOON) -> Shop:
    return parse(text if isinstance(text, bytes) else text.encode(), "shop.yaml", start)[0]


def mistakes(text: str | bytes) -> list[str]:
    with pytest.raises(ShopError) as refused:
        read(text)
    return str(refused.value).splitlines()


def test_values_have_the_types_of_the_schema_not_those_that_yaml_guesses() -> None:
    shop = read(FILE)
    assert [product.sku for product in shop.products] == ["MUG-BLU", "007"]
    assert str(shop.products[0].price) == "24.9"
    assert shop.customers[0].address.country == "NO"
    assert shop.orders[0].age == "2026-02-10"
    assert [line.sku for line in shop.orders[0].items] == ["MUG-BLU", "007"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_and_line_ends_make_no_difference(encoding: str) -> None:
    named = FILE.replace("Blue mug", "Blå kopp ☕")
    assert read(named.replace("\n", "\r\n").encode(encoding)) == read(named)


@pytest.mark.parametrize(
    ("before", "after", "place", "message"),
    [
        (
            "status: received",
            "status: recieved",
            "10:5",
            'no status named "recieved". Did you mean "received"?',
        ),
        (
            "status: received",
            "statsu: received",
            "10:5",
            'no field named "statsu". Did you mean "status"?',
        ),
        (
            "status: received",
            "status: rejected",
            "10:5",
            "swap has no status for rejected; possible are requested",
        ),
        ("reason: damaged", "reason: dmaged", "12:28", 'Did you mean "damaged"? Write'),
        (
            "[MUG-BLU, 007]",
            "[MUG-BL, 007]",
            "7:78",
            'no product named "MUG-BL". Did you mean "MUG-BLU"?',
        ),
        ("customer: iris.lane", "customer: iris.lame", "7:23", 'Did you mean "iris.lane@example.com"?'),
        ('order: "#5001"', "order: 5010", "9:5", 'There is no order named "5010". Did you mean "#5001"?'),
        ("age: 3d", "age: 3", "11:5", "'3' is not an age; write a duration such as 3d"),
        ("age: 3d", "age: 90d", "11:5", "the return would be older than its order #5001"),
        ("age: 3d", "age: 2027-01-01", "11:5", "is after the tenant's first moment, 2026-03-02T12:00:00Z"),
        ("age: 3d", "vendors: swop", "11:5", 'There is no vendor named "swop". Did you mean "swap"?'),
        ("age: 3d", "parcel: {carrier: dhl}", "11:14", "must be one of australia_post"),
        ("price: 24.90", "price: 24,90", "2:49", "write decimals with a point, such as 24.90"),
        ("price: 24.90", "price: much", "2:38", "price must be a number"),
        ("sku: 007", "sku: MUG-BLU", "3:6", "MUG-BLU is used twice"),
        ("sku: 007", "sku: A, sku: B", "3:14", "occurs twice"),
        ("sku: 007", "sku: !!python/name:os.system x", "3:6", "has the tag"),
        ("sku: 007", "sku: !own x", "3:6", "has the tag"),
        ("sku: 007", "sku: ", "3:6", "is empty"),
        ('"#5001", customer', "#5001, customer", "8:8", "put quotes around a value that begins with #"),
        ("returns:", "\treturns:", "8:1", "the YAML cannot be read"),
    ],
)
def test_mistakes_are_located_and_say_what_to_do(before: str, after: str, place: str, message: str) -> None:
    found = mistakes(FILE.replace(before, after, 1))
    line = place.partition(":")[0]
    assert any(one.startswith(f"shop.yaml:{line}:") and message in one for one in found), found


def test_columns_point_to_the_value() -> None:
    column = FILE.splitlines()[6].index("MUG-BLU") + 1
    (mistake,) = mistakes(FILE.replace("[MUG-BLU, 007]", "[MUG-BL, 007]"))
    assert mistake.startswith(f"shop.yaml:7:{column}: orders[0].items[0]")


def test_all_mistakes_are_reported_at_once() -> None:
    wrong = FILE.replace("status: received", "status: recieved").replace("reason: damaged", "reason: dmaged")
    wrong = wrong.replace("sku: 007", "sku: MUG-BLU")
    found = "\n".join(mistakes(wrong.replace("iris.lane@example.com, age", "other@example.com, age")))
    for words in (
        'no customer named "other@example.com"',
        "MUG-BLU is used twice",
        'no status named "recieved"',
        'no reason named "dmaged"',
    ):
        assert words in found


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"# nothing\n",
        b"- 1\n",
        b"text\n",
        b"a: &a [*a]\n",
        b"products: caf\xe9\n",
        b"[" * 5_000,
        b"a: 1\n---\nb: 2\n",
        b"? [a]\n: b\n",
        b"orders: {<<: [1]}\n",
        b"\x00\n",
    ],
)
def test_unusable_files_are_refused_with_a_sentence(content: bytes) -> None:
    found = mistakes(content)
    assert found
    assert all(one.startswith("shop.yaml") and one.endswith((".", "?")) for one in each(found))


def test_aliases_are_copies_with_a_limit() -> None:
    shared = FILE.replace("[{sku: MUG-BLU", "&lines [{sku: MUG-BLU", 1)
    assert read(shared) == read(FILE)
    merged = FILE.replace("  - order:", "  - <<: {type: exchange, status: approved}\n    order:")
    assert read(merged).returns[0].type == "exchange"
    assert read(merged).returns[0].status == "received"
    bomb = "\n".join(
        [
            "products: &a [x, x, x, x, x, x, x, x, x, x]",
            *(f"k{n}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 10)}]" for n in range(8)),
        ]
    )
    assert "use fewer aliases" in mistakes(bomb)[0]


def test_large_files_are_refused_before_they_are_parsed(tmp_path: Path) -> None:
    file = tmp_path / "large.yaml"
    file.write_bytes(b"#" * (9 * 1024 * 1024))
    with pytest.raises(ShopError, match="is larger than 8 MiB"):
        read_content(file)
    with pytest.raises(ShopError, match="cannot be read: No such file"):
        read_content(tmp_path / "missing.yaml")


def test_template_is_valid_and_names_its_schema() -> None:
    text = template.example("./shop.schema.json")
    assert text.startswith("# yaml-language-server: $schema=./shop.schema.json\n")
    shop = read(text)
    assert {order.number for order in shop.orders} >= {asked.order for asked in each(shop.returns)}
    validator().validate(plain(text))


def test_schema_for_editors_is_built_from_the_control_planes() -> None:
    assert template.SCHEMA.read_text("utf-8") == shop_schema.build(), "Run `make docs`."


def test_schema_for_editors_accepts_what_the_sandbox_accepts() -> None:
    for shop in each([SMALL, every_status(), plain(template.example("x"))]):
        parse(orjson.dumps(shop), "shop.json", LAST)
        validator().validate(shop)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "recieved"},
        {"vendors": ["swop"]},
        {"type": "refnd"},
        {"parcel": {"carrier": "dhl"}},
        {"x": 1},
    ],
)
def test_schema_for_editors_marks_what_the_sandbox_refuses(change: dict[str, Any]) -> None:
    wrong = {**SMALL, "returns": [{**SMALL["returns"][0], **change}]}
    assert not validator().is_valid(wrong)
    assert mistakes(orjson.dumps(wrong))


def test_written_yaml_is_read_back_unchanged() -> None:
    odd = {**SMALL, "customers": [{"email": "iris.lane@example.com", "name": "Null: #1, 'Ü' \u2028 no"}]}
    for shop in each([SMALL, every_status(), odd]):
        assert parse(template.as_yaml(shop, "x").encode(), "shop.yaml", LAST)[0] == Shop.model_validate(shop)


def validator() -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(orjson.loads(template.SCHEMA.read_bytes()))


def plain(text: str) -> Any:
    """Read YAML as an editor does."""
    return yaml.load(text, Loader=yaml.CSafeLoader)
