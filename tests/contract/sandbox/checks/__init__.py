"""Our own checks of Schemathesis, one function each; importing this package registers them.

A check judges only what a watched sandbox answered; in other runs of Schemathesis it does nothing.
"""

from contract.sandbox.checks.changes import every_change_is_in_the_ledger
from contract.sandbox.checks.created import created_can_be_read
from contract.sandbox.checks.errors import errors_use_the_vendor_envelope
from contract.sandbox.checks.limits import rate_headers_are_true
from contract.sandbox.checks.lists import filters_hold_on_every_page, pages_cover_the_list
from contract.sandbox.checks.statuses import status_follows_the_table
from contract.sandbox.checks.totals import reports_add_up
from contract.sandbox.checks.webhooks import deliveries_match_x_webhooks

CHECKS = (
    created_can_be_read,
    errors_use_the_vendor_envelope,
    every_change_is_in_the_ledger,
    filters_hold_on_every_page,
    pages_cover_the_list,
    rate_headers_are_true,
    reports_add_up,
    status_follows_the_table,
    deliveries_match_x_webhooks,
)
