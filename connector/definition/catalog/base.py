"""What all words of a catalog are made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Default

Dotted = Annotated[str, Default(pattern=r"^[A-Za-z_][\w.\-]*$")]
Key = Annotated[str, Default(pattern=r"^[a-z][a-z0-9_]+$")]
Label = Annotated[str, Default(min_length=2, max_length=60)]
Sentence = Annotated[str, Default(min_length=5, max_length=1000, pattern=r"\.$")]


class CatalogEntry(BaseModel):
    """Base of all parts: unknown words are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
