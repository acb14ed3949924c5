"""Invalid values of options are explained in words of the program."""

import re

import pytest

from connector.cli.program import run


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("sandbox requests --last x", "'--last': It must be a whole number, not 'x'."),
        ("sandbox add-fault cut --share lots", "'--share': It must be a number, not 'lots'."),
        ("sandbox create-tenant acme --seed -1", "'--seed': It must be at least 0."),
        ("sandbox create-tenant acme --seed-size 1001", "'--seed-size': It must be at most 1000."),
        ("sandbox switch swap x of", "'position': It must be one of on, off, not 'of'."),
        ("serve --port 65536", "'--port': It must be at most 65535."),
        ("catalog swap --format yaml", "'--format': It must be one of table, json, not 'yaml'."),
        ("trigger swap new_return --restart=yes", "Option '--restart' does not take a value."),
    ],
)
def test_invalid_value_is_explained(words: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words.split()) == 2
    said = capsys.readouterr().err
    assert said.rstrip().endswith(sentence)
    assert not re.search(r"Input should|Value error|pydantic", said)
