"""The scenarios, in the order of the table."""

from collections.abc import Callable
from dataclasses import dataclass

from support.matrix import needs
from support.matrix.adapter import Adapter
from support.matrix.needs import Need
from support.matrix.scenarios import failures, hooks, merchants, parts, polling, steps
from support.matrix.shop import Shop


@dataclass(frozen=True)
class Scenario:
    """One scenario; `need` returns the keys to run it with, empty if it cannot run.

    `assumed`: it runs in an app that includes assumed webhooks.
    """

    play: Callable[[Adapter, Shop], None]
    need: Need
    assumed: bool = False

    @property
    def name(self) -> str:
        return self.play.__name__

    @property
    def title(self) -> str:
        return (self.play.__doc__ or "").partition("\n")[0]


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(failures.wrong_login, needs.login),
    Scenario(polling.first_poll, needs.triggers),
    Scenario(polling.new_record_once, needs.new_records),
    Scenario(polling.equal_timestamps, needs.new_records),
    Scenario(polling.late_record, needs.looking_back),
    Scenario(polling.every_trigger_once, needs.triggers),
    Scenario(polling.each_change_once, needs.changes),
    Scenario(merchants.status_before_switch_on, needs.reached_once),
    Scenario(merchants.quiet_shop, needs.triggers),
    Scenario(polling.more_than_a_page, needs.new_records),
    Scenario(merchants.burst_of_150, needs.new_records),
    Scenario(merchants.slow_vendor, needs.long_readings),
    Scenario(merchants.requests_counted, needs.triggers),
    Scenario(polling.filters_on_page_2, needs.long_readings),
    Scenario(polling.each_filter, needs.filtered),
    Scenario(polling.empty_list, needs.triggers),
    Scenario(polling.list_not_found, needs.lists_not_found),
    Scenario(failures.too_many_requests, needs.triggers),
    Scenario(failures.login_lost_mid_run, needs.long_readings),
    Scenario(failures.missing_record, needs.actions_on_a_record),
    Scenario(failures.wrong_value, needs.actions),
    Scenario(failures.vendor_failure, needs.triggers),
    Scenario(steps.optional_fields, needs.actions),
    Scenario(steps.line_items, needs.actions_with_line_items),
    Scenario(steps.search_miss, needs.searches),
    Scenario(steps.dropdown_page_2, needs.long_dropdowns),
    Scenario(parts.parts_of_a_record, needs.actions_with_parts),
    Scenario(merchants.choice_by_label, needs.actions_with_choices),
    Scenario(hooks.subscribed, needs.hooks, assumed=True),
    Scenario(failures.no_secret_in_logs, needs.login),
)
