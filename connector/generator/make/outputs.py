"""Builds what a Make module returns: the vendor's record, with a summary and without sensitive values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connector.definition.model import Field, Integration, Path
from connector.definition.model.summary import LABELS, Amount, ItemLines, Summary
from connector.definition.paths import walk
from connector.definition.summary import described, summary
from connector.generator.make import iml
from connector.generator.make.fields import interface, sample
from connector.generator.make.naming import proper_nouns, sentence

SUMMARY = "summary"
ASKED = "include_sensitive"
"""The name of the module parameter that includes sensitive values in the output."""


@dataclass(frozen=True)
class Outputs:
    """The output of a module: its `interface`, its sample, and the parameter for sensitive values.

    `fields` are the fields of the module's records. `built` says how to summarize a record, or is None if the
    output contains no summary.
    """

    integration: Integration
    fields: tuple[Field, ...]
    built: Summary | None

    @property
    def interface(self) -> list[dict[str, Any]]:
        proper = proper_nouns(self.integration)
        members = self.built.members if self.built else ()
        spec = [{"name": one, "type": "text", "label": sentence(LABELS[one], proper)} for one in members]
        first = [{"name": SUMMARY, "type": "collection", "label": "Summary", "spec": spec}] if spec else []
        return [*first, *interface(self._shown, proper)]

    def sample(self, record: Any) -> dict[str, Any]:
        """Build the sample from a vendor's record."""
        first = {SUMMARY: described(self.built, record)} if self.built else {}
        return {**first, **sample(self._shown, record)}

    @property
    def parameters(self) -> list[dict[str, Any]]:
        """The parameter that includes sensitive values, or an empty list if the records have none."""
        labels = list(dict.fromkeys(_sensitive_labels(self.fields)))
        return [
            {
                "name": ASKED,
                "type": "boolean",
                "label": sentence(f"Include {' and '.join(labels)}", proper_nouns(self.integration)),
                "default": False,
                "help": "Choose yes if a later module needs this. It is left out otherwise.",
            }
        ] if labels else []  # fmt: skip

    def output(self, subject: str, *, asks: bool = True) -> Any:
        """Build the `output` directive for the record at the IML name `subject`.

        If `asks` is false, the module has no parameters, so sensitive values are always left out.
        """
        hidden = [one.key for one in self.fields if one not in self._shown]
        record = subject
        if hidden:
            record = f"omit({subject}, {', '.join(iml.text(key) for key in hidden)})"
            record = f"if({iml.at('parameters', (ASKED,))}, {subject}, {record})" if asks else record
        if not self.built:
            return iml.braced(record)
        texts = _texts(self.built, subject)
        return {
            SUMMARY: {name: iml.braced(texts[name]) for name in self.built.members},
            "{{...}}": iml.braced(record),
        }

    @property
    def _shown(self) -> tuple[Field, ...]:
        """The fields without any sensitive value; IML cannot remove a value from inside a field."""
        return tuple(one for one in self.fields if not list(_sensitive_labels((one,))))


def outputs_of(integration: Integration, resource: str, fields: Sequence[Field]) -> Outputs:
    """Build the output of a module whose records have these fields; `resource` is their resource's key."""
    built = summary(integration, resource, fields)
    return Outputs(
        integration, tuple(fields), _expressible(built, fields) if built and not built.within else None
    )


def _sensitive_labels(fields: Sequence[Field]) -> list[str]:
    return [
        label
        for one in fields
        for label in ([one.label] if one.sensitive else _sensitive_labels(one.children))
    ]


def _expressible(built: Summary, fields: Sequence[Field]) -> Summary:
    """Return the summary without the parts that IML cannot compute.

    IML can read one property of all items, but neither combine two properties nor leave items out.
    """
    items = built.items and ItemLines(
        at=built.items.at, name=built.items.name, reasons=built.items.reasons[:1]
    )
    amounts = tuple(
        _in_object(one, fields) for one in built.amounts if one.quantity is None and one.unless is None
    )
    return built.model_copy(update={"items": items, "amounts": amounts, "reason_words": {}})


def _in_object(one: Amount, fields: Sequence[Field]) -> Amount:
    """Convert an amount inside an object to an amount without `at`, whose paths include the object's path.

    Any other amount is returned unchanged.
    """
    field = walk(fields, one.at) if one.at else None
    if one.at is None or field is None or field.type == "list":
        return one
    currency = (*one.at, *one.currency) if one.currency else None
    return one.model_copy(update={"at": None, "amount": (*one.at, *one.amount), "currency": currency})


def _texts(built: Summary, subject: str) -> dict[str, str]:
    items = built.items
    at = iml.at(subject, items.at) if items else ""
    status = _first(subject, (built.status,)) if built.status else ""
    return {
        "order": _first(subject, built.order),
        "customer_name": _first(subject, built.customer_name),
        "customer_email": _first(subject, built.customer_email),
        "reason": _joined(at, items.reasons[0], once=True) if items and items.reasons else "",
        "items": _joined(at, items.name) if items else "",
        "amount": _amount(built.amounts, subject),
        "status": _readable(status, built) if status else "",
        "link": _first(subject, built.link),
        "tracking_link": _first(subject, built.tracking_link),
    }


def _first(subject: str, paths: Sequence[Path]) -> str:
    """Build an IML expression for the first value that is not empty, or for the last one if all are empty."""
    values = [iml.at(subject, path) for path in paths] or ["undefined"]
    expression = values[-1]
    for value in reversed(values[:-1]):
        expression = f"ifempty({value}, {expression})"
    return expression


def _joined(rows: str, paths: Sequence[Path], *, once: bool = False) -> str:
    """Build an IML expression that joins the values of a property in all rows.

    `paths` lists alternative properties, of which the first with a value is used. With `once`, each value
    occurs only once.
    """
    expression = "undefined"
    for path in reversed(paths):
        values = f"map({rows}, {iml.text('.'.join(path))})"
        distinct = f"deduplicate({values})" if once else values
        expression = f"ifempty(join({distinct}, ', '), {expression})"
    return expression


def _readable(status: str, built: Summary) -> str:
    if not built.words:
        return status
    words = ", ".join(f"{iml.text(word)}, {iml.text(label)}" for word, label in built.words.items())
    return f"switch({status}, {words}, {status})"


def _amount(amounts: Sequence[Amount], subject: str) -> str:
    expression = "undefined"
    for one in reversed(amounts):
        if one.at:
            rows = iml.at(subject, one.at)
            count = f"length(map({rows}, {iml.text('.'.join(one.amount))}))"
            value = f"sum(map({rows}, {iml.text('.'.join(one.amount))}))"
            own = f"first(map({rows}, {iml.text('.'.join(one.currency))}))" if one.currency else ""
            is_there = f"{count} > 0"
        else:
            value = iml.at(subject, one.amount)
            own = iml.at(subject, one.currency) if one.currency else ""
            is_there = f"ifempty({value}, '') != ''"
        currency = own or (iml.at(subject, one.shared_currency) if one.shared_currency else "")
        text = f"toString({value})"
        text = f"{text} + if({currency}, ' ' + {currency}, '')" if currency else text
        expression = f"if({is_there}, {text}, {expression})"
    return expression
