"""How values are compared in Make's expressions: words, identities, and rows with what was asked for.

The same as `connector.runtime.compare`, as far as expressions can: `split` and `join` take signs out of a
text, since whether `replace` takes out all of them is not documented.
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
"""Minutes by which clocks differ without a row counting as dated later."""


def word(value: str) -> str:
    """Write a vendor's word in the one form in which words are compared; empty for none."""
    return _without(_lower(value), JOINTS)


def is_word(value: str, words: Iterable[str]) -> str:
    """Say that a value is one of some words."""
    known = "|".join(_folded(one) for one in words)
    return _among(word(value), iml.text(f"|{known}|"))


def is_other_word(value: str, words: Iterable[str]) -> str:
    """Say that a value is a word, and none of these."""
    known = "|".join(_folded(one) for one in words)
    return f"!contains({iml.text(f'||{known}|')}, '|' + {word(value)} + '|')"


def identity(field: InputField, value: str) -> str:
    """Write what identifies a record in the form in which it is compared."""
    signs = ("#", " ", "-") if field.identifies == "tracking" else ("#", " ")
    return _without(_lower(value), signs)


def matches(field: InputField) -> str:
    """Say that a row holds the value of an input that is compared with it, where one was given."""
    wanted, held = iml.at("parameters", (field.key,)), iml.at("item", field.path)
    if field.compared == "word":
        same = f"{word(held)} = {word(wanted)}"
    elif field.compared == "identity" and field.identifies:
        same = f"{identity(field, held)} = {identity(field, wanted)}"
    else:
        same = iml.same(held, wanted)
    return f"if({wanted}, {same}, true)"


def tells(field: InputField, root: str) -> str:
    """Say that a row, or a record, holds what an input asked for, or does not tell it."""
    held = [identity(field, iml.at(root, path)) for path in field.found_at]
    wanted = iml.at("parameters", (field.key,))
    one = [f"({form} = '')" for form in held]
    fitting = " || ".join([" && ".join(one), *(_asked(field, form) for form in held)])
    return f"if({wanted}, {fitting}, true)"


def other_record(field: InputField, record: str) -> str:
    """Say that a record is another than the one that was asked for."""
    return f"!({tells(field, record)})"


def _asked(field: InputField, form: str) -> str:
    wanted = identity(field, iml.at("parameters", (field.key,)))
    if field.separator is None:
        return f"({form} = {wanted})"
    sign = iml.text(field.separator)
    return f"(({form} != '') && contains({sign} + {wanted} + {sign}, {sign} + {form} + {sign}))"


def ignored(field: InputField, rows: str) -> str:
    """Say that rows came of which none holds what an input asked for: the vendor ignored it.

    A row that does not tell it leaves an empty place among the values, and fits. Where several values are
    asked for in one text, no expression finds one of them among the rows: then this is never so.
    """
    wanted = iml.at("parameters", (field.key,))
    absent = [f"!({_is_among(field, path, rows)})" for path in field.found_at]
    several = f"!contains({wanted}, {iml.text(field.separator)})" if field.separator else ""
    return f"if({wanted}, {iml.both(f'length({rows}) > 0', several, *absent)}, false)"


def _is_among(field: InputField, path: Path, rows: str) -> str:
    values = f"map({rows}, {iml.text('.'.join(path))})"
    joined = identity(field, f"join({values}, '|')")
    asked = identity(field, iml.at("parameters", (field.key,)))
    listed, wanted = f"'|' + {joined} + '|'", f"'|' + {asked} + '|'"
    fewer = f"length({values}) < length({rows})"
    return f"contains({listed}, {wanted}) || contains({listed}, '||') || ({fewer})"


def readable(value: str) -> str:
    """Say that a value is a date that Make can read: anything else might stop the run."""
    said = f"toString(ifempty({value}, ''))"
    part = "substring({0}, {1}, {2})".format
    return iml.both(
        f"{part(said, 4, 5)} = '-'",
        f"{part(said, 7, 8)} = '-'",
        f"{part(said, 0, 4)} != '0000'",
        f"{part(said, 0, 4)} != '0001'",
        f"contains({iml.text(f'|{MONTHS}|')}, '|' + {part(said, 5, 7)} + '|')",
        f"contains({iml.text(f'|{DAYS}|')}, '|' + {part(said, 8, 10)} + '|')",
        f"!contains({iml.text(f'|{NO_DAYS}|')}, '|' + {part(said, 5, 10)} + '|')",
        f"if({part(said, 5, 10)} = '02-29', {_among(part(said, 0, 4), iml.text(f'|{LEAP_YEARS}|'))}, true)",
        f"if(length({said}) > 10, {_time_of_day(said)}, true)",
    )


def _time_of_day(said: str) -> str:
    """Say that a text holds a time of day after its date; seconds may be missing, and 60 are too many."""
    part = "substring({0}, {1}, {2})".format
    return iml.both(
        _among(part(said, 11, 13), iml.text(f"|{HOURS}|")),
        _among(part(said, 14, 16), iml.text(f"|{SIXTY}|")),
        _among(part(said, 17, 19), iml.text(f"|{SIXTY}||")),
    )


def is_number(value: str) -> str:
    """Say that a value is a whole number, written with digits or not: another would stop `parseNumber`."""
    said = f"toString(ifempty({value}, ''))"
    return iml.both(f"{said} != ''", f"{_without(said, '0123456789')} = ''")


def has_come(value: str) -> str:
    """Say that a time is not later than now, by Make's clock or by the vendor's.

    A row dated later would move Make's memory on to its time, and hide all that happens before.
    """
    said = f"substring(toString(ifempty({value}, '')), 0, 19)"
    ours = f"formatDate(addMinutes(now, {SKEW}), {iml.text(SECONDS)}, 'UTC')"
    date = iml.at("headers", ("date",))
    theirs = f"formatDate(parseDate({date}, {iml.text(HTTP_DATE)}, 'UTC'), {iml.text(SECONDS)}, 'UTC')"
    return f"if({said} <= {ours}, true, {said} <= if({date}, {theirs}, ''))"


def _among(value: str, known: str) -> str:
    return f"contains({known}, '|' + {value} + '|')"


def _lower(value: str) -> str:
    return f"lower(trim(toString(ifempty({value}, ''))))"


def _without(value: str, signs: Sequence[str]) -> str:
    return reduce(lambda made, sign: f"join(split({made}, {iml.text(sign)}), '')", signs, value)


def _folded(text: str) -> str:
    return reduce(lambda made, sign: made.replace(sign, ""), JOINTS, text.strip().lower())
