"""Durations of `returns sandbox advance`."""

import pytest

from mock_server.cli.durations import seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3600", 3_600),
        ("0", 0),
        ("-5", -5),  # the control plane refuses it
        ("45s", 45),
        ("90m", 5_400),
        ("2h", 7_200),
        ("3d", 259_200),
        ("1w", 604_800),
        ("1d12h", 129_600),
        ("1w2d3h4m5s", 788_645),
        (" 1D12H ", 129_600),
    ],
)
def test_durations_are_read(text: str, expected: int) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(
    "text", ["", " ", "d", "3x", "1.5h", "1,5h", "3 d", "12h1d", "1d1d", "-3d", "٣d", "9" * 5_000, "soon"]
)
def test_other_texts_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(
        ValueError, match=r" is not a duration; write for example 3d, 2h, 90m, 45s or 1d12h\.$"
    ):
        seconds(text)
