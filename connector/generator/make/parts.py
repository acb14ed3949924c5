"""Defines the components of a Make app: modules, remote procedures and webhooks, each with its code files."""

from dataclasses import dataclass, field
from typing import Any, Literal

from connector.definition.model import InputField
from connector.generator.make.naming import camel

Kind = Literal["trigger", "instant_trigger", "action", "search", "universal"]
Crud = Literal["create", "read", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Module:
    """A module of a Make app. `files` maps each code type, such as `communication`, to the file's content.

    `group` is the heading under which Make lists a module that is not a step of the catalog. An `anonymous`
    module has no connection, so its requests cannot contain the login.
    """

    key: str
    kind: Kind
    label: str
    description: str
    files: dict[str, Any]
    inputs: tuple[InputField, ...] = ()
    operations: tuple[str, ...] = ()
    crud: Crud | None = None
    webhook: str | None = None
    group: str = ""
    anonymous: bool = False

    @property
    def id(self) -> str:
        return camel(self.key)


@dataclass(frozen=True, slots=True)
class Procedure:
    """A remote procedure of a Make app. It reads the choices for a dropdown from the vendor's API."""

    id: str
    label: str
    operation: str
    files: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook of a Make app: a URL at Make to which the vendor posts events."""

    id: str
    label: str
    operations: tuple[str, ...]
    files: dict[str, Any] = field(default_factory=dict)
