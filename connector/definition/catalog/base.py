"""The base class of all catalog entries, the string types that they use, and the lines of an action."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict
from pydantic import Field as PydanticField

Dotted = Annotated[str, PydanticField(pattern=r"^[A-Za-z_][\w.\-]*$")]
Key = Annotated[str, PydanticField(pattern=r"^[a-z][a-z0-9_]+$")]
Label = Annotated[str, PydanticField(min_length=2, max_length=60)]
Sentence = Annotated[str, PydanticField(min_length=5, max_length=1000, pattern=r"\.$")]


class CatalogEntry(BaseModel):
    """The base class of all catalog entries, which are immutable and reject unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EachEntry(CatalogEntry):
    """A list of lines, of which each is sent in a request of its own.

    `key`, `label` and `help` describe the list input, and `inputs` names the inputs of the action that become
    its columns.
    """

    key: Key
    label: Label
    help: Sentence
    inputs: Annotated[tuple[Key, ...], PydanticField(min_length=1)]
