"""Make expressions that compare values: states, record ids, times, and rows with the inputs of a search.

They follow `connector.runtime.compare`, as far as Make's expressions can. Characters are removed from a text
by `split` and `join`, because Make does not document whether `replace` replaces every occurrence.
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
"""Minutes by which a record's time may lie in the future, because clocks differ."""


def word(value: str) -> str:
    """Return the expression of a word, such as a state, in the form in which words are compared."""
    return _without(_lower(value), JOINTS)


def is_word(value: str, words: Iterable[str]) -> str:
    """Return the condition that a value is one of the words."""
    known = "|".join(_folded(one) for one in words)
    return _among(word(value), iml.text(f"|{known}|"))


def is_other_word(value: str, words: Iterable[str]) -> str:
    """Return the condition that a value is not empty and not one of the words."""
    known = "|".join(_folded(one) for one in words)
    return f"!contains({iml.text(f'||{known}|')}, '|' + {word(value)} + '|')"


def identity(field: InputField, value: str) -> str:
    """Return the expression of a record's number or id in the form in which ids are compared."""
    signs = ("#", " ", "-") if field.identifies == "tracking" else ("#", " ")
    return _without(_lower(value), signs)


def matches(field: InputField) -> str:
    """Return the condition that a row has the value of an input, or that the input is empty."""
    wanted, in_row = iml.at("parameters", (field.key,)), iml.at("item", field.path)
    if field.compared == "word":
        same = f"{word(in_row)} = {word(wanted)}"
    elif field.compared == "identity" and field.identifies:
        same = f"{identity(field, in_row)} = {identity(field, wanted)}"
    else:
        same = iml.same(in_row, wanted)
    return f"if({wanted}, {same}, true)"


def may_match(field: InputField, root: str) -> str:
    """Return the condition that a record has the id in an input, has no id at all, or the input is empty."""
    ids = [identity(field, iml.at(root, path)) for path in field.found_at]
    wanted = iml.at("parameters", (field.key,))
    empty = [f"({one} = '')" for one in ids]
    fitting = " || ".join([" && ".join(empty), *(_is_wanted(field, one) for one in ids)])
    return f"if({wanted}, {fitting}, true)"


def is_other_record(field: InputField, record: str) -> str:
    """Return the condition that a record has another id than the one in an input."""
    return f"!({may_match(field, record)})"


def _is_wanted(field: InputField, id_: str) -> str:
    wanted = identity(field, iml.at("parameters", (field.key,)))
    if field.separator is None:
        return f"({id_} = {wanted})"
    sign = iml.text(field.separator)
    return f"(({id_} != '') && contains({sign} + {wanted} + {sign}, {sign} + {id_} + {sign}))"


def is_ignored(field: InputField, rows: str) -> str:
    """Return the condition that there are rows, but none has the id in an input: the filter was ignored.

    A row without an id leaves an empty entry in the list of ids, which counts as a match. Make has no
    expression that searches the rows for one of several ids, so the condition is false for an input that
    holds several.
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
    fewer = f"length({values}) < length({rows})"  # `map` drops rows without the property
    return f"contains({listed}, {wanted}) || contains({listed}, '||') || ({fewer})"


def is_time(value: str) -> str:
    """Return the condition that a value is a date that Make can parse: any other might stop the scenario.

    Make has no function that tests a date, so the parts are compared with lists of allowed values.
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
    """Return the condition that a valid time of day follows the date; seconds may be missing."""
    part = "substring({0}, {1}, {2})".format
    return iml.both(
        _among(part(date, 11, 13), iml.text(f"|{HOURS}|")),
        _among(part(date, 14, 16), iml.text(f"|{SIXTY}|")),
        _among(part(date, 17, 19), iml.text(f"|{SIXTY}||")),
    )


def is_number(value: str) -> str:
    """Return the condition that a value is a number or a text of digits: `parseNumber` fails on others."""
    digits = f"toString(ifempty({value}, ''))"
    return iml.both(f"{digits} != ''", f"{_without(digits, '0123456789')} = ''")


def is_not_in_future(value: str) -> str:
    """Return the condition that a time is not in the future, by Make's clock or by the vendor's.

    Make continues from the latest time that it saw. A record with a time in the future would make it skip
    every event until then.
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
