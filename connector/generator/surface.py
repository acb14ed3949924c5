"""Models an app's surface, the parts that users' workflows depend on, in the same way for all platforms.

Each platform has a function that reads the surface from an app's generated files, for example in
`connector.generator.zapier.surface`. This allows the release gate to compare apps that were written by
different versions of the generator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Field:
    """An input, an output or a login field.

    `choices` is the set of allowed values, or None if any value is allowed. `texts` contains the choices'
    labels, keyed by value.
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

    `inputs` and `outputs` are keyed as in workflows: `customer__email`, `items[]sku`. `identity` lists the
    outputs that identify an event. `mechanism` is how a trigger receives its events: "polling" or "hook".
    `sample_keys` are the keys in the static sample, and `faults` describes where the sample contradicts the
    outputs.

    `behaviour` contains facts keyed by name: the requests that the step sends, which records are events and,
    under `input KEY`, which part of the request the input fills. `extent` contains facts about how many
    records the step reads, how far back in time it looks, and how it compares records with the inputs. Both
    are empty if the release does not contain these facts.
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
    """The parts of one app that users' workflows depend on.

    `steps` is keyed by kind and key (`trigger new_return`), and `texts` by name, such as `description`.
    """

    version: str
    login: Mapping[str, Field]
    steps: Mapping[str, Step]
    texts: Mapping[str, str] = field(default_factory=dict)
