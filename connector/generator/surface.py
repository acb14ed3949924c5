"""What an app shows to people who build on it, on whatever platform: the part of it that a release fixes.

A platform reads it off its rendered app (`connector.generator.zapier.surface`), so that released files can be
compared with what would be written now, whichever version of the generator wrote them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Field:
    """An input, an output or a login field; `choices` is a closed set (None: anything may be given).

    People read its `label`, its `help`, and `texts`, the labels of the choices by their values.
    """

    type: str
    label: str = ""
    required: bool = False
    choices: frozenset[str] | None = None
    help: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A trigger, an action, a search.

    Keys of inputs and outputs are those that people's workflows hold: `customer__email`, `items[]sku`.
    `identity` are the outputs that tell one event from the next, `way` how a trigger learns of them
    ("polling", "hook"). `shown` are the keys of the static sample, `faults` says where the sample is not what
    the outputs announce. `description` is what people read of it.

    `asks` are the facts that it works by, by name: what it asks the vendor for, which records are events and,
    under `input KEY`, where each input goes. `extent` are those that say how much it reads, how far back, and
    how it compares. Where a release does not tell them, they are empty.
    """

    label: str
    inputs: Mapping[str, Field] = field(default_factory=dict)
    outputs: Mapping[str, Field] = field(default_factory=dict)
    identity: tuple[str, ...] = ()
    way: str = ""
    shown: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()
    description: str = ""
    asks: Mapping[str, str] = field(default_factory=dict)
    extent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surface:
    """One app: its version, what a person types to connect, its steps (`trigger new_return`), its texts."""

    version: str
    login: Mapping[str, Field]
    steps: Mapping[str, Step]
    texts: Mapping[str, str] = field(default_factory=dict)
