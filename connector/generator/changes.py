"""What a change does to a released app: each difference of two surfaces as a sentence, breaking or notable.

Breaking is what makes workflows that people have built fail, or fire for everything again; notable is what
they will see. Zapier compares the same when a version is promoted (C001 to C003 of its check reference).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connector.generator.surface import Field, Step, Surface

LONGEST = 120
"""Characters of a text or a fact that a sentence shows."""
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, as a sentence without its app's name."""

    breaking: bool
    sentence: str

    def __str__(self) -> str:
        return f"{'breaking' if self.breaking else 'notable '} {self.sentence}"


def compare(base: Surface, now: Surface) -> list[Change]:
    """List every difference, the breaking ones first, each kind in the order of the app."""
    found = [
        *_texts("The app", base.texts, now.texts),
        *_fields("The login", "field", base.login, now.login),
        *_steps(base.steps, now.steps),
    ]
    return sorted(found, key=lambda one: not one.breaking)


def _steps(base: Mapping[str, Step], now: Mapping[str, Step]) -> Iterator[Change]:
    new = [name for name in now if name not in base]
    for name, step in base.items():
        if name in now:
            yield from _step(name, step, now[name])
            continue
        twin = next((one for one in new if _alike(name, step, one, now[one])), None)
        yield Change(breaking=True, sentence=f"The {name} is {f'now the {twin}' if twin else 'gone'}.")
    yield from (Change(breaking=False, sentence=f"The {name} is new.") for name in new)
    for name in new:
        yield from _faults(name, now[name])


def _alike(name: str, step: Step, other: str, candidate: Step) -> bool:
    """Whether a step that is gone may have been renamed: the other is of its kind, with its label or form."""
    same_kind = name.partition(" ")[0] == other.partition(" ")[0]
    same_form = bool(step.inputs) and step.inputs == candidate.inputs and step.outputs == candidate.outputs
    return same_kind and (step.label == candidate.label or same_form)


def _step(name: str, base: Step, now: Step) -> Iterator[Change]:
    if base.label != now.label:
        yield Change(
            breaking=False, sentence=f"The {name} is labelled {now.label!r}, no more {base.label!r}."
        )
    if base.way != now.way:
        yield Change(
            breaking=True,
            sentence=f"The {name} works by {now.way}, no more by {base.way}: it has to be set up anew.",
        )
    if base.identity != now.identity:
        were, are = " and ".join(base.identity) or "nothing", " and ".join(now.identity) or "nothing"
        yield Change(
            breaking=True,
            sentence=f"The {name} tells events apart by {are}, no more by {were}: known ones fire again.",
        )
    yield from _texts(f"The {name}", {"description": base.description}, {"description": now.description})
    yield from _asks(name, base, now)
    yield from _extent(name, base, now)
    yield from _fields(f"The {name}", "input", base.inputs, now.inputs)
    yield from _outputs(name, base, now)
    yield from _faults(name, now)


def _asks(name: str, base: Step, now: Step) -> Iterator[Change]:
    """Tell what it works by that is otherwise: it looks the same and does something else."""
    triggers = name.startswith("trigger ")
    effect = "it fires for other events, or at other times" if triggers else "it does something else"
    for key in _both(base.asks, now.asks):
        if key.startswith("input ") and not (key in base.asks and key in now.asks):
            continue  # the input itself is new or gone, which is told
        if (was := base.asks.get(key, NOTHING)) != (is_now := now.asks.get(key, NOTHING)):
            said = f"The {name} works with {key} {_short(is_now)}, no more {_short(was)}: {effect}."
            yield Change(breaking=True, sentence=said)


def _extent(name: str, base: Step, now: Step) -> Iterator[Change]:
    """Tell how much it reads and how it compares; to read less is to miss what was found before."""
    for key in _both(base.extent, now.extent):
        if (was := base.extent.get(key, NOTHING)) != (is_now := now.extent.get(key, NOTHING)):
            less = was.isdecimal() and is_now.isdecimal() and int(is_now) < int(was)
            said = f"The {name} works with {key} {_short(is_now)}, no more {_short(was)}."
            yield Change(breaking=less, sentence=said)


def _both(base: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the names of all facts; none where a release does not tell any."""
    return [*base, *(key for key in now if key not in base)] if base and now else []


def _texts(whose: str, base: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    for key in _both(base, now):
        if (was := base.get(key, "")) != (is_now := now.get(key, "")):
            text = f"{whose}'s {key} says {_short(is_now)!r}, no more {_short(was)!r}."
            yield Change(breaking=False, sentence=text)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _fields(whose: str, kind: str, base: Mapping[str, Field], now: Mapping[str, Field]) -> Iterator[Change]:
    new = [key for key in now if key not in base]
    for key, field in base.items():
        if key in now:
            yield from _field(f"{whose}'s {kind} {key}", field, now[key])
            continue
        twin = next(
            (one for one in new if (now[one].label, now[one].type) == (field.label, field.type)), None
        )
        is_now = f"is now called {twin}" if twin else "is gone"
        yield Change(breaking=True, sentence=f"{whose}'s {kind} {key} {is_now}.")
    for key in new:
        how = "a new required" if now[key].required else "a new optional"
        yield Change(breaking=now[key].required, sentence=f"{whose} has {how} {kind} {key}.")


def _field(name: str, base: Field, now: Field) -> Iterator[Change]:
    if base.type != now.type:
        yield Change(breaking=True, sentence=f"{name} is of type {now.type}, no more {base.type}.")
    if base.required != now.required:
        yield Change(
            breaking=now.required, sentence=f"{name} is {'now' if now.required else 'no more'} required."
        )
    gone = sorted((base.choices or frozenset()) - now.choices) if now.choices is not None else []
    if gone or (base.choices is None and now.choices is not None):
        which = f"{', '.join(gone)} no more" if gone else "only a closed set of values"
        yield Change(breaking=True, sentence=f"{name} offers {which}.")
    elif now.choices != base.choices:
        more = ", ".join(sorted((now.choices or frozenset()) - (base.choices or frozenset()))) or "any value"
        yield Change(breaking=False, sentence=f"{name} takes {more} as well.")
    if base.label != now.label:
        yield Change(breaking=False, sentence=f"{name} is labelled {now.label!r}, no more {base.label!r}.")
    yield from _texts(name, {"help": base.help}, {"help": now.help})
    kept = [value for value in now.texts if value in base.texts]
    was, is_now = ({f"choice {value}": one.texts[value] for value in kept} for one in (base, now))
    yield from _texts(name, was, is_now)


def _outputs(name: str, base: Step, now: Step) -> Iterator[Change]:
    had, has = _given(base), _given(now)
    for key in had:
        if not _covered(key, has):
            yield Change(breaking=True, sentence=f"The {name} gives {key} no more.")
        elif (was := _type(base, key)) and (is_now := _type(now, key)) and was != is_now:
            yield Change(breaking=True, sentence=f"The {name} gives {key} as {is_now}, no more as {was}.")
    for key in has:
        if not _covered(key, had):
            yield Change(breaking=False, sentence=f"The {name} gives {key} as well.")


def _given(step: Step) -> list[str]:
    return [*step.outputs, *sorted(step.shown - step.outputs.keys())]


def _covered(key: str, given: list[str]) -> bool:
    """Whether a key is among others; an object that was null in one sample has members in the next."""
    return any(one == key or one.startswith((f"{key}__", f"{key}[]")) for one in given)


def _type(step: Step, key: str) -> str:
    return step.outputs[key].type if key in step.outputs else ""


def _faults(name: str, now: Step) -> Iterator[Change]:
    for fault in now.faults:
        yield Change(
            breaking=True, sentence=f"The sample of the {name} is not what its outputs announce: {fault}."
        )
