"""The neutral model of one vendor's integration.

`connector.compile.integration(vendor)` joins what the API is (`openapi/<vendor>.yaml`) with what is
offered of it (`connector/catalog/<vendor>.yaml`) into one frozen `Integration`. The Python runtime
executes it and every platform generator renders it, so nothing here belongs to a platform: a label is a
label, a path is a tuple of names.

Conventions that hold everywhere:

- A *path* is a tuple of keys into a JSON value: `("customer", "email")`; the empty tuple is the value
  itself.
- Names of operations, parameters and fields are the vendor's own words, exactly as sent and received.
- Labels are in Title Case and help texts are whole sentences in a merchant's language.
- Tuples keep the order of the catalog (people read the offer in that order); mappings are looked up by
  key.
"""

from connector.model.api import (
    Authentication,
    AuthField,
    Environment,
    ErrorFormat,
    ErrorKind,
    Limits,
    Operation,
    Paging,
    Parameter,
    Plan,
    TokenGrant,
    TokenLogin,
    Vendor,
    Window,
    WindowHeaders,
)
from connector.model.fields import (
    Bounds,
    Choice,
    Field,
    FieldType,
    InputField,
    Part,
    Path,
    Provenance,
    Variant,
)
from connector.model.offer import (
    Action,
    ChangedSince,
    CreatedSince,
    Details,
    Dropdown,
    Finding,
    FindOrCreate,
    Guarantee,
    Hook,
    Integration,
    Order,
    Resource,
    Risk,
    Runtime,
    Search,
    SinceForm,
    Source,
    Trigger,
    WindowScan,
)

__all__ = [
    "Action",
    "AuthField",
    "Authentication",
    "Bounds",
    "ChangedSince",
    "Choice",
    "CreatedSince",
    "Details",
    "Dropdown",
    "Environment",
    "ErrorFormat",
    "ErrorKind",
    "Field",
    "FieldType",
    "FindOrCreate",
    "Finding",
    "Guarantee",
    "Hook",
    "InputField",
    "Integration",
    "Limits",
    "Operation",
    "Order",
    "Paging",
    "Parameter",
    "Part",
    "Path",
    "Plan",
    "Provenance",
    "Resource",
    "Risk",
    "Runtime",
    "Search",
    "SinceForm",
    "Source",
    "TokenGrant",
    "TokenLogin",
    "Trigger",
    "Variant",
    "Vendor",
    "Window",
    "WindowHeaders",
    "WindowScan",
]
