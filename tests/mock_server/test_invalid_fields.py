"""A refused request with several invalid fields: all are listed, each with its path and reason."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.browser import Browser, browsing
from support.each import each
from support.in_process import Command, commands

from mock_server.engine import messages
from mock_server.shop.document import LAST, parse
from mock_server.shop.mistakes import ShopError
from mock_server.wording import MAX_FIELDS, explained


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing(seed_size=1) as made:
        yield made


@pytest.fixture
def command(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Command:
    return commands(browser.client, monkeypatch)


def test_every_invalid_field_of_a_file_is_listed(browser: Browser, command: Command, tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    assert command("sandbox", "dump", str(file)).exit_code == 0
    dump: dict[str, Any] = json.loads(file.read_text())
    for row in dump["rows"][:6]:
        row["created_at"] = "yesterday"
        row["colour"] = "red"
    file.write_text(json.dumps(dump))
    loaded = command("sandbox", "load", str(file), "--name", "copy")
    assert loaded.exit_code == 5
    heading, *lines = loaded.stderr.splitlines()
    assert heading == "12 fields are not valid:"
    assert "other fields" not in loaded.stderr
    for place in range(6):
        assert f"  rows[{place}].created_at must be a whole number" in lines
        assert f"  rows[{place}].colour is not a known field" in lines
    for row in dump["rows"]:
        row["colour"] = "red"
    file.write_text(json.dumps(dump))
    many = command("sandbox", "load", str(file), "--name", "copy").stderr.splitlines()
    assert many[0] == f"The first {MAX_FIELDS} invalid fields:"
    assert len(many) == MAX_FIELDS + 1 == messages.MAX_FIELDS + 1


def test_every_invalid_input_of_a_return_is_listed(command: Command) -> None:
    inputs = ("-i", "items[0].sku=TEE-NVY-M", "-i", "items[0].quantity=0", "-i", "return_kind=x")
    made = command("sandbox", "create-return", "returnmate", *inputs)
    assert made.exit_code == 5
    heading, *lines = made.stderr.splitlines()
    assert heading == f"{len(lines)} fields are not valid:"
    paths = {line.split()[0] for line in lines}
    assert paths == {"items[0].quantity", "items[0].reason", "return_kind"}
    for line in each(lines):
        assert re.search(r" (is|must) ", line), line


def test_single_field_is_a_sentence_and_other_messages_stay() -> None:
    one = {"message": "a is required.", "fields": [{"field": "a", "message": "is required"}]}
    assert explained(one) == "a is required."
    two = {
        "message": "Nothing fits.",
        "fields": [one["fields"][0], {"field": "b", "message": "'x' is no date"}],
    }
    assert explained(two) == "Nothing fits.\n  a is required\n  b: 'x' is no date"


SHOP = """\
products:
  - {sku: MUG, price: }
  - {sku: TEE, price: 5, colour: red}
orders:
  - {number: "#1", customer: who@example.com, items: [MUG, HAT], age: soon}
returns:
  - {order: "#1", status: lost, type: gift, age: later, items: [{sku: MUG, reason: bored}]}
  - {order: "#2", status: lost, type: gift, age: later, items: [{sku: MUG, reason: bored}]}
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(ShopError) as refused:
        parse(text.encode(), "shop.yaml", LAST)
    return str(refused.value).splitlines()


def test_mistakes_of_the_yaml_and_of_the_structure_are_listed_together() -> None:
    """Both are located; what is missing because of a mistake is not reported a second time."""
    found = mistakes(SHOP)
    assert [one.split(": ", 1)[0] for one in found] == ["shop.yaml:2:23", "shop.yaml:3:26"]
    assert "products[0].price is empty" in found[0]
    assert 'products[1].colour: There is no field named "colour".' in found[1]


def test_every_part_of_a_record_is_checked() -> None:
    valid = SHOP.replace("price: }", "price: 3}").replace(", colour: red", "")
    text = "\n".join(mistakes(valid))
    for path in ("orders[0].customer", "orders[0].items[1].sku", "orders[0].age"):
        assert path in text, path
    for place in range(2):
        for part in ("status", "type", "age", "items[0].reason"):
            assert f"returns[{place}].{part}" in text, (place, part)
    assert "returns[1].order" in text
