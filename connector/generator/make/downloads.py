"""Builds the module "Download a label", which returns a shipping label as a file.

The address of a label is in the output of other modules, and is usually not at the vendor's host. The module
therefore has no connection: Make has no login that it could send to another host.
"""

from collections.abc import Iterable, Iterator

from connector.definition.model import Integration
from connector.definition.paths import marked
from connector.generator.make import iml
from connector.generator.make.answers import NO_REDIRECTS
from connector.generator.make.errors import errors
from connector.generator.make.parts import Module

KEY = "download_label"
SECURE = "^https://[^/]+/"
LARGEST = 10_000_000  # bytes; a label has less than a hundredth of it
GONE = "[{{statusCode}}] The label is not available at this address. It may have expired."


def downloads(integration: Integration, keys: Iterable[str]) -> Iterator[Module]:
    """Yield the module if a step of the app returns the address of a label.

    `keys` are the keys of the steps for which the app has a module.
    """
    kinds = (integration.triggers, integration.actions, integration.searches)
    fields = {key: step.fields for kind in kinds for key, step in kind.items()}
    if any(True for key in keys for _path in marked(fields.get(key, ()), "file")):
        yield _module(integration)


def _module(integration: Integration) -> Module:
    refusal = {"message": GONE, "type": "DataError"}
    statuses = [status for status in errors(integration) if status.isdecimal()]
    login = integration.authentication
    return Module(
        key=KEY,
        kind="action",
        label="Download a label",
        description="Downloads a shipping label as a file.",
        crud="read",
        group=next(
            one.group for one in integration.resources.values() if any(each.file for each in one.fields)
        ),
        anonymous=True,
        files={
            "communication": {
                "url": iml.braced("parameters.label_url"),
                "method": "GET",
                **NO_REDIRECTS,
                "headers": dict.fromkeys(
                    map(str.lower, (login.header, *login.headers)), iml.braced("undefined")
                )
                | {"accept": "*/*"},
                "response": {
                    "type": "binary",
                    "output": {"file_name": _file_name(), "data": iml.braced("body")},
                    "valid": {
                        "condition": iml.braced(
                            "statusCode < 300 && !contains(ifempty(headers.`content-type`, ''), 'text/html')"
                            " && !contains(ifempty(headers.`content-type`, ''), 'application/json')"
                        ),
                        **refusal,
                    },
                    "error": {**refusal, **dict.fromkeys(statuses, refusal)},
                },
            },
            "staticParams": [],
            "mappableParams": [
                {
                    "name": "label_url",
                    "type": "url",
                    "label": "Label URL",
                    "required": True,
                    "validate": {"pattern": SECURE},
                    "help": "The address of the label. Map it from an earlier module.",
                }
            ],
            "interface": [
                {"name": "file_name", "type": "filename", "label": "File name"},
                {"name": "data", "type": "buffer", "label": "Data"},
            ],
            "samples": {"file_name": "label.pdf", "data": "25504446"},
            "scope": [],
        },
    )


def _file_name() -> str:
    """Build the name of the file: the end of its address without the query, with `.pdf` if it is a PDF."""
    path = iml.text("?")
    last = f"last(split(first(split(parameters.label_url, {path})), '/'))"
    pdf = "contains(ifempty(headers.`content-type`, ''), 'pdf') && !contains(lower(" + last + "), '.pdf')"
    return iml.braced(last) + iml.braced(f"if({pdf}, '.pdf', '')")
