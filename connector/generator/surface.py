"""The surface of an app: the parts that users' workflows depend on, in one model for all platforms.

Each platform reads it from the generated files, for example `connector.generator.zapier.surface`. So the
release gate can compare apps that different versions of the generator wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Field:
    """An input, an output or a login field.

    `choices` is a closed set of values; None if any value is allowed. `texts` are the labels of the choices
    by value.
    """

    type: str
    label: str = ""
    required: bool = False
    choices: frozenset[str] | None = None
    help: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A trigger, an action or a search.

    `inputs` and `outputs` are keyed as in workflows: `customer__email`, `items[]sku`. `identity` are the
    outputs that identify an event. `mechanism` is how a trigger gets its events ("polling", "hook").
    `sample_keys` are the keys of the static sample, and `faults` describe where the sample contradicts the
    outputs.

    `behaviour` are facts by name: the requests that it sends, which records are events and, under
    `input KEY`, where each input goes. `extent` are facts about how many records it reads, how far back, and
    how it compares them. Both are empty if the release does not contain these facts.
    """

    label: str
    inputs: Mapping[str, Field] = field(default_factory=dict)
    outputs: Mapping[str, Field] = field(default_factory=dict)
    identity: tuple[str, ...] = ()
    mechanism: str = ""
    sample_keys: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()
    description: str = ""
    behaviour: Mapping[str, str] = field(default_factory=dict)
    extent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surface:
    """One app: its version, login fields, steps by name (`trigger new_return`), and texts by name."""

    version: str
    login: Mapping[str, Field]
    steps: Mapping[str, Step]
    texts: Mapping[str, str] = field(default_factory=dict)
