"""Compares two versions of an app and classifies each difference as breaking or notable.

A breaking change makes existing workflows fail, or makes them fire again for old events. A notable change
is visible to users but breaks nothing. Zapier also compares an app with its previous version when a new
version is promoted (checks C001 to C003 in Zapier's reference).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connector.generator.renames import differs, renamed_fields, renamed_inputs, with_new_keys
from connector.generator.surface import Field, Step, Surface

LONGEST = 120
"""The maximum number of characters of an old or new value that a change's sentence quotes."""
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Change:
    """A difference between two versions of an app.

    `sentence` describes the difference without naming the app: `The trigger new_return was removed.`
    """

    breaking: bool
    sentence: str

    def __str__(self) -> str:
        return f"{'breaking' if self.breaking else 'notable '} {self.sentence}"


def compare(base: Surface, now: Surface) -> list[Change]:
    """List all differences between two versions of an app: breaking changes first, then notable ones.

    Within each of the two groups, changes to the app's own text, such as its description, come first. They
    are followed by changes to the login fields, then changes to the steps.
    """
    changes = [
        *_texts("The app", base.texts, now.texts),
        *_fields("The login", "field", base.login, now.login, renamed_fields(base.login, now.login)),
        *_steps(base.steps, now.steps),
    ]
    return sorted(changes, key=lambda change: not change.breaking)


def _steps(base: Mapping[str, Step], now: Mapping[str, Step]) -> Iterator[Change]:
    new = [name for name in now if name not in base]
    for name, step in base.items():
        if name in now:
            yield from _step(name, step, now[name])
            continue
        successor = next((other for other in new if _is_renamed(name, step, other, now[other])), None)
        effect = f"was renamed to the {successor}" if successor else "was removed"
        yield Change(breaking=True, sentence=f"The {name} {effect}.")
    yield from (Change(breaking=False, sentence=f"The {name} is new.") for name in new)
    for name in new:
        yield from _faults(name, now[name])


def _is_renamed(name: str, step: Step, other: str, candidate: Step) -> bool:
    """Guess whether the removed step `name` was renamed to the new step `other`.

    Only steps of the same kind are compared. They are considered the same step if their labels are equal, or
    if they have inputs and both their inputs and their outputs are equal.
    """
    same_kind = name.partition(" ")[0] == other.partition(" ")[0]
    same_form = bool(step.inputs) and step.inputs == candidate.inputs and step.outputs == candidate.outputs
    return same_kind and (step.label == candidate.label or same_form)


def _step(name: str, base: Step, now: Step) -> Iterator[Change]:
    if base.label != now.label:
        yield Change(
            breaking=False, sentence=f"The label of the {name} changed from {base.label!r} to {now.label!r}."
        )
    if base.mechanism != now.mechanism:
        yield Change(
            breaking=True,
            sentence=f"The {name} changed from {base.mechanism} to {now.mechanism}: "
            "users must set it up again.",
        )
    if base.identity != now.identity:
        before, after = " and ".join(base.identity) or NOTHING, " and ".join(now.identity) or NOTHING
        yield Change(
            breaking=True,
            sentence=f"The {name} identifies events by {after} instead of {before}: old events fire again.",
        )
    yield from _texts(f"The {name}", {"description": base.description}, {"description": now.description})
    renames = renamed_inputs(base, now)
    yield from _behaviour(name, base, now, renames)
    yield from _extent(name, base, now, renames)
    yield from _fields(f"The {name}", "input", base.inputs, now.inputs, renames)
    yield from _outputs(name, base, now)
    yield from _faults(name, now)


def _behaviour(name: str, base: Step, now: Step, renames: Mapping[str, str]) -> Iterator[Change]:
    """Yield a breaking change for each difference in what a step does, such as a different request.

    `renames` maps the keys of renamed inputs to their new keys, which `_fields` reports.
    """
    is_trigger = name.startswith("trigger ")
    effect = "it fires for other events, or at other times" if is_trigger else "it does something else"
    old = with_new_keys(base.behaviour, renames)
    for key in _all_names(old, now.behaviour):
        if key.startswith("input ") and not (key in old and key in now.behaviour):
            continue  # the input itself was added or removed, which `_fields` reports
        before, after = old.get(key, NOTHING), now.behaviour.get(key, NOTHING)
        if differs(key, before, after, renames):
            sentence = f"The {name} uses {key} {_short(after)} instead of {_short(before)}: {effect}."
            yield Change(breaking=True, sentence=sentence)


def _extent(name: str, base: Step, now: Step, renames: Mapping[str, str]) -> Iterator[Change]:
    """Yield a change for each difference in `Step.extent`, such as the number of records that a step reads.

    If a number became lower, the change is breaking, because the step may miss records that it found before.
    Any other difference is a notable change.
    """
    old = with_new_keys(base.extent, renames)
    for key in _all_names(old, now.extent):
        before, after = old.get(key, NOTHING), now.extent.get(key, NOTHING)
        if differs(key, before, after, renames):
            less = before.isdecimal() and after.isdecimal() and int(after) < int(before)
            sentence = f"The {name} uses {key} {_short(after)} instead of {_short(before)}."
            yield Change(breaking=less, sentence=sentence)


def _all_names(base: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """List the keys of both mappings: the keys in `base` first, then the keys that are only in `now`.

    Returns an empty list if one of the mappings is empty. An empty mapping means that the files of that
    version do not contain this information, so there is nothing to compare.
    """
    return [*base, *(key for key in now if key not in base)] if base and now else []


def _texts(owner: str, base: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    for key in _all_names(base, now):
        before, after = base.get(key, ""), now.get(key, "")
        if before != after:
            text = f"{owner}'s {key} changed from {_short(before)!r} to {_short(after)!r}."
            yield Change(breaking=False, sentence=text)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _fields(
    owner: str,
    kind: str,
    base: Mapping[str, Field],
    now: Mapping[str, Field],
    renames: Mapping[str, str],
) -> Iterator[Change]:
    for key, field in base.items():
        successor = key if key in now else renames.get(key)
        if successor != key:
            effect = f"was renamed to {successor}" if successor else "was removed"
            yield Change(breaking=True, sentence=f"{owner}'s {kind} {key} {effect}.")
        if successor:
            yield from _field(f"{owner}'s {kind} {successor}", field, now[successor])
    for key in (key for key in now if key not in base and key not in renames.values()):
        kind_of_new = "a new required" if now[key].required else "a new optional"
        yield Change(breaking=now[key].required, sentence=f"{owner} has {kind_of_new} {kind} {key}.")


def _field(name: str, base: Field, now: Field) -> Iterator[Change]:
    if base.type != now.type:
        yield Change(breaking=True, sentence=f"{name} changed its type from {base.type} to {now.type}.")
    if base.required != now.required:
        yield Change(
            breaking=now.required, sentence=f"{name} is {'now' if now.required else 'no longer'} required."
        )
    gone = sorted((base.choices or frozenset()) - now.choices) if now.choices is not None else []
    if gone or (base.choices is None and now.choices is not None):
        effect = f"no longer allows {', '.join(gone)}" if gone else "now allows only a closed set of values"
        yield Change(breaking=True, sentence=f"{name} {effect}.")
    elif now.choices != base.choices:
        more = ", ".join(sorted((now.choices or frozenset()) - (base.choices or frozenset()))) or "any value"
        yield Change(breaking=False, sentence=f"{name} now also allows {more}.")
    if base.label != now.label:
        sentence = f"The label of {_lower_the(name)} changed from {base.label!r} to {now.label!r}."
        yield Change(breaking=False, sentence=sentence)
    yield from _texts(name, {"help": base.help}, {"help": now.help})
    common = [value for value in now.texts if value in base.texts]
    before, after = ({f"choice {value}": one.texts[value] for value in common} for one in (base, now))
    yield from _texts(name, before, after)


def _lower_the(name: str) -> str:
    """Convert the first letter of a name to lower case, for use in the middle of a sentence."""
    return name[:1].lower() + name[1:]


def _outputs(name: str, base: Step, now: Step) -> Iterator[Change]:
    before, after = _output_keys(base), _output_keys(now)
    for key in before:
        if not _is_covered(key, after):
            yield Change(breaking=True, sentence=f"The {name} no longer returns {key}.")
        elif (old := _type(base, key)) and (new := _type(now, key)) and old != new:
            yield Change(breaking=True, sentence=f"The {name} returns {key} as {new} instead of {old}.")
    for key in after:
        if not _is_covered(key, before):
            yield Change(breaking=False, sentence=f"The {name} now also returns {key}.")


def _output_keys(step: Step) -> list[str]:
    return [*step.outputs, *sorted(step.sample_keys - step.outputs.keys())]


def _is_covered(key: str, keys: list[str]) -> bool:
    """Check whether `keys` contains `key` or a key nested in it, such as `customer__email` in `customer`.

    A sample lists an object by its nested keys only, but a null by its own key. So if `customer` is null in
    one sample and an object in the other, no output was removed or added.
    """
    return any(one == key or one.startswith((f"{key}__", f"{key}[]")) for one in keys)


def _type(step: Step, key: str) -> str:
    return step.outputs[key].type if key in step.outputs else ""


def _faults(name: str, now: Step) -> Iterator[Change]:
    for fault in now.faults:
        yield Change(
            breaking=True, sentence=f"The sample of the {name} contradicts its output fields: {fault}."
        )
