"""Builds IML conditions that compare statuses, record IDs and times, and match records against inputs.

IML is Make's expression language. The conditions work like those in `connector.runtime.compare`, as far as
IML allows. Characters are removed with `split` and `join`, because Make does not document whether `replace`
replaces every occurrence.
"""

from collections.abc import Iterable, Sequence
from functools import reduce

from connector.definition.model import InputField, Path
from connector.generator.make import iml

JOINTS = (" ", "-", "_")
DAYS = "|".join(f"{day:02}" for day in range(1, 32))
MONTHS = "|".join(f"{month:02}" for month in range(1, 13))
HOURS = "|".join(f"{hour:02}" for hour in range(24))
SIXTY = "|".join(f"{one:02}" for one in range(60))
NO_DAYS = "02-30|02-31|04-31|06-31|09-31|11-31"
LEAP_YEARS = "|".join(str(year) for year in range(1972, 2100, 4))
SECONDS = "YYYY-MM-DDTHH:mm:ss"
HTTP_DATE = "ddd, DD MMM YYYY HH:mm:ss"
SKEW = 5
"""The tolerance in minutes when a record's time is compared with Make's clock, because clocks differ."""


def word(value: str) -> str:
    """Build an IML expression that normalizes a status, so that spelling variants compare as equal.

    The expression converts the status to lower case and removes spaces, hyphens and underscores.
    """
    return _without(_lower(value), JOINTS)


def is_word(value: str, words: Iterable[str]) -> str:
    """Build an IML condition that is true if a status equals one of `words`, ignoring case and separators."""
    known = "|".join(_folded(one) for one in words)
    return _among(word(value), iml.text(f"|{known}|"))


def is_other_word(value: str, words: Iterable[str]) -> str:
    """Build an IML condition that is true if a status is not empty and does not equal any of `words`.

    The comparison ignores case and separators.
    """
    known = "|".join(_folded(one) for one in words)
    return f"!contains({iml.text(f'||{known}|')}, '|' + {word(value)} + '|')"


def identity(field: InputField, value: str) -> str:
    """Build an IML expression that normalizes a record's ID or number, so that variants compare as equal.

    The expression converts the value to lower case and removes spaces and `#`. In tracking numbers, it also
    removes hyphens.
    """
    signs = ("#", " ", "-") if field.identifies == "tracking" else ("#", " ")
    return _without(_lower(value), signs)


def matches(field: InputField) -> str:
    """Build an IML condition that is true if the current record matches an input, or if the input is empty.

    The condition compares the input with the value at the input's path in `item`. If the path leads through a
    list, one item with this value is enough.
    """
    wanted, in_row = iml.at("parameters", (field.key,)), iml.at("item", field.path)
    if field.in_list is not None:
        return f"if({wanted}, {_is_in_list(field, wanted)}, true)"
    if field.compared == "word":
        same = f"{word(in_row)} = {word(wanted)}"
    elif field.compared == "identity" and field.identifies:
        same = f"{identity(field, in_row)} = {identity(field, wanted)}"
    else:
        same = iml.same(in_row, wanted)
    return f"if({wanted}, {same}, true)"


def _is_in_list(field: InputField, wanted: str) -> str:
    """Build an IML condition that is true if an item of the list at `field.in_list` equals the input."""
    holder = field.in_list or ()
    values = iml.at("item", holder)
    if inside := field.path[len(holder) :]:
        values = f"map({values}, {iml.text('.'.join(inside))})"
    form = word if field.compared == "word" else _lower
    joined = f"join({values}, '|')"
    return f"contains('|' + {form(joined)} + '|', '|' + {form(wanted)} + '|')"


def is_none_of(value: str, words: Iterable[str]) -> str:
    """Build an IML condition that is true if a value equals none of `words`, ignoring case and separators."""
    known = "|".join(_folded(one) for one in words)
    return f"!contains({iml.text(f'|{known}|')}, '|' + {word(value)} + '|')"


def may_match(field: InputField, root: str) -> str:
    """Build an IML condition that is false only if a record's ID differs from every ID in an input.

    The condition is also true if the record has no ID, or if the input is empty. `root` is the record's IML
    name, such as `item`.
    """
    ids = [identity(field, iml.at(root, path)) for path in field.found_at]
    wanted = iml.at("parameters", (field.key,))
    empty = [f"({one} = '')" for one in ids]
    fitting = " || ".join([" && ".join(empty), *(_is_wanted(field, one) for one in ids)])
    return f"if({wanted}, {fitting}, true)"


def is_other_record(field: InputField, record: str) -> str:
    """Build an IML condition that is true if a record's ID differs from every ID in an input.

    The condition is the negation of `may_match`. `record` is the record's IML name, such as `body.data`.
    """
    return f"!({may_match(field, record)})"


def _is_wanted(field: InputField, id_: str) -> str:
    wanted = identity(field, iml.at("parameters", (field.key,)))
    if field.separator is None:
        return f"({id_} = {wanted})"
    sign = iml.text(field.separator)
    return f"(({id_} != '') && contains({sign} + {wanted} + {sign}, {sign} + {id_} + {sign}))"


def is_ignored(field: InputField, rows: str) -> str:
    """Build an IML condition that is true if the vendor ignored a filter by ID.

    The condition is true if the list at `rows` is not empty, but none of its rows has the ID in the input. A
    row without an ID counts as a match. If the input is empty or contains several IDs, the condition is
    false. Several IDs are not checked, because IML cannot search a list for any of several values.
    """
    wanted = iml.at("parameters", (field.key,))
    absent = [f"!({_is_among(field, path, rows)})" for path in field.found_at]
    single = f"!contains({wanted}, {iml.text(field.separator)})" if field.separator else ""
    return f"if({wanted}, {iml.both(f'length({rows}) > 0', single, *absent)}, false)"


def _is_among(field: InputField, path: Path, rows: str) -> str:
    values = f"map({rows}, {iml.text('.'.join(path))})"
    joined = identity(field, f"join({values}, '|')")
    searched = identity(field, iml.at("parameters", (field.key,)))
    listed, wanted = f"'|' + {joined} + '|'", f"'|' + {searched} + '|'"
    fewer = f"length({values}) < length({rows})"  # `map` omits rows that do not have the property
    return f"contains({listed}, {wanted}) || contains({listed}, '||') || ({fewer})"


def is_time(value: str) -> str:
    """Build an IML condition that is true if Make can parse the value as a date.

    A date that Make cannot parse might stop the scenario. IML has no function that validates a date, so the
    condition checks that each part of the date is in a list of valid values.
    """
    date = f"toString(ifempty({value}, ''))"
    part = "substring({0}, {1}, {2})".format
    return iml.both(
        f"{part(date, 4, 5)} = '-'",
        f"{part(date, 7, 8)} = '-'",
        f"{part(date, 0, 4)} != '0000'",
        f"{part(date, 0, 4)} != '0001'",
        f"contains({iml.text(f'|{MONTHS}|')}, '|' + {part(date, 5, 7)} + '|')",
        f"contains({iml.text(f'|{DAYS}|')}, '|' + {part(date, 8, 10)} + '|')",
        f"!contains({iml.text(f'|{NO_DAYS}|')}, '|' + {part(date, 5, 10)} + '|')",
        f"if({part(date, 5, 10)} = '02-29', {_among(part(date, 0, 4), iml.text(f'|{LEAP_YEARS}|'))}, true)",
        f"if(length({date}) > 10, {_is_time_of_day(date)}, true)",
    )


def _is_time_of_day(date: str) -> str:
    """Build an IML condition that is true if `date` contains a valid time of day, with or without seconds."""
    part = "substring({0}, {1}, {2})".format
    return iml.both(
        _among(part(date, 11, 13), iml.text(f"|{HOURS}|")),
        _among(part(date, 14, 16), iml.text(f"|{SIXTY}|")),
        _among(part(date, 17, 19), iml.text(f"|{SIXTY}||")),
    )


def is_number(value: str) -> str:
    """Build an IML condition that is true if the value consists only of digits, as `parseNumber` requires."""
    digits = f"toString(ifempty({value}, ''))"
    return iml.both(f"{digits} != ''", f"{_without(digits, '0123456789')} = ''")


def is_not_in_future(value: str) -> str:
    """Build an IML condition that is true if a time is not in the future.

    A time is in the future if it is both more than `SKEW` minutes later than Make's clock and later than the
    response's `Date` header, which shows the vendor's clock. Make stores the time of the latest event and
    skips all earlier events, so an event with a future time would cause Make to skip the events that follow.
    """
    time = f"substring(toString(ifempty({value}, '')), 0, 19)"
    ours = f"formatDate(addMinutes(now, {SKEW}), {iml.text(SECONDS)}, 'UTC')"
    date = iml.at("headers", ("date",))
    theirs = f"formatDate(parseDate({date}, {iml.text(HTTP_DATE)}, 'UTC'), {iml.text(SECONDS)}, 'UTC')"
    return f"if({time} <= {ours}, true, {time} <= if({date}, {theirs}, ''))"


def _among(value: str, known: str) -> str:
    return f"contains({known}, '|' + {value} + '|')"


def _lower(value: str) -> str:
    return f"lower(trim(toString(ifempty({value}, ''))))"


def _without(value: str, signs: Sequence[str]) -> str:
    return reduce(lambda text, sign: f"join(split({text}, {iml.text(sign)}), '')", signs, value)


def _folded(text: str) -> str:
    return reduce(lambda folded, sign: folded.replace(sign, ""), JOINTS, text.strip().lower())
