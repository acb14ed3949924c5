"""Describes connections and their steps for people: `repr`, and signatures for notebooks and `help`."""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connector.definition.model import InputField


class Step(Protocol):
    """The attributes that triggers, actions and searches have in common."""

    @property
    def key(self) -> str:
        """The step's key in the catalog."""

    @property
    def description(self) -> str:
        """A sentence that describes the step to users."""

    @property
    def inputs(self) -> Sequence[InputField]:
        """The step's inputs; for a trigger, its filters."""


def shown(kind: str, vendor: str, step: Step) -> str:
    """Describe a step in one line: key, vendor, description and inputs; `*` marks required inputs.

    `kind` is "Trigger", "Action" or "Search", and `vendor` the vendor's title.
    """
    inputs = ", ".join(f"{field.key}{'*' if field.required else ''}" for field in step.inputs)
    return f"<{kind} {step.key} of {vendor}: {step.description}{f' Inputs: {inputs}' if inputs else ''}>"


def listed_keys(kind: str, vendor: str, keys: Iterable[str]) -> str:
    """Describe a mapping in one line that lists its keys; `kind` is the word for one entry ("search")."""
    plural = f"{kind}es" if kind.endswith("ch") else f"{kind}s"
    return f"<{plural} of {vendor}: {', '.join(keys) or 'none'}>"


class LazySignature:
    """A descriptor for `__signature__` that builds a step's signature whenever the attribute is read.

    The step's inputs are keyword parameters, required inputs first. The parameters in `more` come before
    them. `attribute` is the name of the attribute that contains the step.
    """

    def __init__(self, attribute: str, *more: Parameter) -> None:
        self._attribute = attribute
        self._more = more

    def __get__(self, bound: Any, owner: type) -> Signature:
        """Return the signature of an instance; raise `AttributeError` for a class, which has no inputs."""
        if bound is None:
            raise AttributeError(f"{owner.__name__} has no inputs of its own.")
        inputs: Sequence[InputField] = getattr(bound, self._attribute).inputs
        ordered = sorted(inputs, key=lambda field: not field.required)
        named = [
            Parameter(field.key, Parameter.KEYWORD_ONLY, default=Parameter.empty if field.required else None)
            for field in ordered
            if field.key.isidentifier()
        ]
        return Signature([*self._more, *named])
