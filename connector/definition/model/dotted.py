"""Paths that a catalog writes with dots (`customer.email`)."""

from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic import Field as PydanticField

from connector.definition.model.fields import Path


def _split(value: Any) -> Any:
    return tuple(value.split(".")) if isinstance(value, str) else value


DottedPath = Annotated[Path, BeforeValidator(_split, json_schema_input_type=str), PydanticField(min_length=1)]
