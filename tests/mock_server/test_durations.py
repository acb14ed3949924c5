"""Durations of `returns sandbox advance`."""

import pytest

from mock_server.cli.durations import seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("3600s", 3_600),
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
    "text",
    ["", " ", "d", "3x", "1.5h", "1,5h", "3 d", "12h1d", "1d1d", "-3d", "-5", "٣d", "9" * 5_000, "soon"],
)
def test_other_texts_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(
        ValueError, match=r" is not a duration; write for example 3d, 2h, 90m, 45s or 1d12h\.$"
    ):
        seconds(text)


@pytest.mark.parametrize("text", ["3", "3600", " 90 "])
def test_number_without_a_unit_is_refused(text: str) -> None:
    number = text.strip()
    with pytest.raises(
        ValueError, match=rf" has no unit; write for example {number}d, {number}h, "
    ) as caught:
        seconds(text)
    assert str(caught.value).startswith(repr(text))
