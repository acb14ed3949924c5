"""Searches the returns of one or all connections at the vendors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connector.errors import ConfigurationError, ConnectorError, VendorUnavailable
from connector.hub.on_demand.asking import ask_all
from connector.unified.finding import find_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.hub.connections import Account
    from connector.hub.vendors import Vendors
    from connector.runtime.connection import Connection
    from connector.unified.finding import FindAllResult
    from connector.unified.model import UnifiedReturn

OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a search: returns with their accounts, and what each connection could not do.

    `unsearched` contains the accounts that could not be searched, each with a sentence and its error, which
    is None if the vendor has no such search. `notes` contains sentences about what the search can miss.
    """

    returns: Sequence[tuple[Account, UnifiedReturn]]
    unsearched: Sequence[tuple[Account, str, ConnectorError | None]]
    notes: Sequence[tuple[Account, str]]

    def as_json(self) -> dict[str, Any]:
        """Convert the result to the format of the hub's API."""
        return {
            "returns": [{**_where(account), **as_json(one)} for account, one in self.returns],
            "count": len(self.returns),
            "not_searched": [
                {**_where(account), "reason": "failed" if error else "unsupported", "message": sentence}
                for account, sentence, error in self.unsearched
            ],
            "notes": [{**_where(account), "message": sentence} for account, sentence in self.notes],
        }


def as_json(found: UnifiedReturn) -> dict[str, Any]:
    """Convert a return to the fields `data` and `raw`, as a delivery has them."""
    return {"data": found.model_dump(mode="json", exclude={"raw"}), "raw": dict(found.raw)}


async def search(vendors: Vendors, asked: Sequence[Account], given: Mapping[str, str], limit: int) -> Found:
    """Search the returns of the accounts; `given` contains one of the values that `find_all` takes.

    At most `limit` returns are returned, newest first. Raises `ConfigurationError` if not exactly one value
    is given or no vendor has such a search, and the error of the vendor if no account could be searched.
    """
    if len(given) != 1:
        raise ConfigurationError("Send one of the parameters order_number, number and customer_email.")

    async def find(account: Account, connection: Connection) -> FindAllResult:
        return await find_all({account.name: connection}, limit=limit, include_assumed=True, **given)

    answers = await ask_all(vendors, asked, find)
    returns: list[tuple[Account, UnifiedReturn]] = []
    unsearched: list[tuple[Account, str, ConnectorError | None]] = []
    notes: list[tuple[Account, str]] = []
    for account, answer in zip(asked, answers, strict=True):
        title, name = vendors.integrations[account.vendor].vendor.title, account.name
        error = answer if isinstance(answer, ConnectorError) else answer.failed.get(name)
        if isinstance(answer, ConnectorError) or error is not None:
            unsearched.append((account, str(error and error.message), error))
        elif name in answer.skipped:
            unsearched.append((account, f"{title} {answer.skipped[name]}.", None))
        else:
            returns += [(account, one) for one in answer.returns[name]]
            notes += [(account, sentence) for sentence in answer.limits.get(name, ())]
    if asked and len(unsearched) == len(asked):
        raise _nothing_searched(unsearched)
    newest = sorted(returns, key=lambda pair: pair[1].created_at or OLDEST, reverse=True)
    return Found(newest[:limit], unsearched, notes)


def _nothing_searched(unsearched: Sequence[tuple[Account, str, ConnectorError | None]]) -> ConnectorError:
    """Return the error of a search for which no connection could be asked.

    An empty result would wrongly suggest that there is no such return.
    """
    errors = [error for _account, _sentence, error in unsearched if error is not None]
    if len(unsearched) == len(errors) == 1:
        return errors[0]
    sentences = list(dict.fromkeys(sentence for _account, sentence, _error in unsearched))
    kind = VendorUnavailable if errors else ConfigurationError
    return kind(f"No connection could be searched. {' '.join(sentences)}")


def _where(account: Account) -> dict[str, Any]:
    return {"connection_id": account.id, "connection": account.name, "vendor": account.vendor}
