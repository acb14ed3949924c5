"""Defines an app's surface: the parts that users' workflows depend on. All platforms share this model.

Each platform has a function that reads the surface from an app's generated files; the function for Zapier is
in `connector.generator.zapier.surface`. Because the surface is read from files, the release gate can compare
apps that were written by different versions of the generator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Field:
    """An input, an output or a login field.

    `choices` is the set of allowed values, or None if any value is allowed. `texts` contains the label of
    each choice, keyed by the choice's value.
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

    `inputs` and `outputs` have the keys that workflows use, such as `customer__email` or `items[]sku`.
    `identity` lists the outputs that identify an event. `mechanism` is how a trigger receives events, such as
    "polling" or "hook". `sample_keys` are the keys in the static sample. `faults` describes each value in the
    sample that contradicts the outputs.

    `behaviour` describes what the step does: which requests it sends and, for a trigger, which records it
    emits as events. The key `input KEY` describes which part of the request the input `KEY` fills. `extent`
    describes how many records the step reads, how far back in time it looks, and how it compares records with
    the inputs. Both are empty if the app's files do not contain this information.
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

    `steps` is keyed by the kind and key of the step, such as `trigger new_return`. `texts` contains the text
    that describes the app as a whole, keyed by name, such as `description`.
    """

    version: str
    login: Mapping[str, Field]
    steps: Mapping[str, Step]
    texts: Mapping[str, str] = field(default_factory=dict)
