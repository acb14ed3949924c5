"""Seeded mistakes in the generated Make apps."""

from typing import Any

from support.mistakes.seeding import Mistake, edited

NEW_RETURN = "src/modules/new-return/new-return.communication.iml.json"
BASE = "src/general/base.iml.json"


def first_page_only(api: dict[str, Any]) -> None:
    del api["pagination"]


def by_last_change(api: dict[str, Any]) -> None:
    api["response"]["trigger"]["date"] = "{{item.updated_at}}"


def told_apart_by_status(api: dict[str, Any]) -> None:
    api["response"]["trigger"]["id"] = "{{item.status}}"


def filter_lost(api: dict[str, Any]) -> None:
    api["pagination"]["qs"] |= {"created_after": "", "sort": ""}


def nothing_sanitized(base: dict[str, Any]) -> None:
    base["log"]["sanitize"] = []


def refusal_of_the_login_is_any_error(base: dict[str, Any]) -> None:
    base["response"]["error"]["401"]["type"] = "RuntimeError"


def limit_is_any_error(base: dict[str, Any]) -> None:
    del base["response"]["error"]["429"]["type"]


def lost_write_is_sent_again(api: dict[str, Any]) -> None:
    api["response"]["error"]["503"]["type"] = "ConnectionError"


def line_items_twice(api: dict[str, Any]) -> None:
    api["body"]["items"] = "{{merge(parameters.items, parameters.items)}}"


def input_not_sent(api: dict[str, Any]) -> None:
    del api["body"]["customer_email"]


def every_record_fits(api: dict[str, Any]) -> None:
    api["response"]["iterate"] = {"container": "{{body.data}}"}


MISTAKES: tuple[Mistake, ...] = tuple(
    Mistake(name, "make", "returnmate", edited(file, edit), noticed_by)
    for name, file, edit, noticed_by in (
        ("only the first page is read", NEW_RETURN, first_page_only, "more_than_a_page"),
        ("a change counts as new", NEW_RETURN, by_last_change, "new_record_once"),
        ("records are distinguished by their status", NEW_RETURN, told_apart_by_status, "equal_timestamps"),
        ("filter lost after the first page", NEW_RETURN, filter_lost, "filters_on_page_2"),
        ("the log shows the key", BASE, nothing_sanitized, "no_secret_in_logs"),
        (
            "an expired login is reported as any error",
            BASE,
            refusal_of_the_login_is_any_error,
            "login_lost_mid_run",
        ),
        ("a rate limit is reported as any error", BASE, limit_is_any_error, "too_many_requests"),
        (
            "an input is not sent",
            "src/modules/create-return/create-return.communication.iml.json",
            input_not_sent,
            "optional_fields",
        ),
        (
            "a lost write is sent again",
            "src/modules/create-return/create-return.communication.iml.json",
            lost_write_is_sent_again,
            "vendor_failure",
        ),
        (
            "a search finds every record",
            "src/modules/find-return/find-return.communication.iml.json",
            every_record_fits,
            "search_miss",
        ),
    )
)
