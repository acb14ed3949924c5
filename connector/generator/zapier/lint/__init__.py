"""A linter for generated Zapier apps.

It contains Zapier's publishing checks that need no account, and our own checks, whose IDs begin with H.
Zapier runs its checks on its servers when an app is submitted; the validator in Zapier's core does not
contain them. A check is a function that takes an `App` and yields a sentence for each problem. The function's
name begins with the check's ID, such as `d018`. Zapier's IDs are listed in its reference
(https://docs.zapier.com/platform/publish/integration-checks-reference; D019 and D020 do not exist).

Checks that need a Zapier account, whose IDs begin with A, S, T, U or L, are not included. The tests also use
the functions in `records`, to compare records from the sandbox with the app's output fields.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from connector.generator.complaint import Complaint, run_checks
from connector.generator.zapier.lint import login, package, references, requests, samples, shapes, texts
from connector.generator.zapier.lint.app import App, read

Check = Callable[[App], Iterator[str]]

__all__ = ["CHECKS", "App", "Check", "lint", "read"]


def zapier_accepts_the_structure(app: App) -> Iterator[str]:
    """Check that `zapier-platform validate --without-style` would find no errors in the app."""
    for one in app.refused:
        yield f"{one.get('property', 'The definition')}: {one.get('message')}"


CHECKS: tuple[Check, ...] = (
    zapier_accepts_the_structure,
    login.d001_credentials_belong_to_the_login,
    login.d002_credentials_come_with_a_link,
    login.d003_connection_label_names_the_account,
    references.d004_ids_have_dropdowns,
    references.d005_dropdowns_exist,
    shapes.d006_hooks_can_be_listed,
    login.d007_addresses_are_https,
    texts.d008_links_are_whole,
    shapes.d009_searches_have_inputs,
    samples.d010_samples_have_primary_keys,
    texts.d011_help_says_more_than_the_label,
    samples.d012_steps_have_samples,
    references.d013_search_buttons_exist,
    references.d014_search_buttons_have_dropdowns,
    references.d015_find_or_creates_exist,
    shapes.d016_an_app_is_more_than_a_static_hook,
    shapes.d017_hooks_subscribe_by_themselves,
    texts.d018_labels_are_in_title_case,
    texts.d021_triggers_are_described_by_when,
    shapes.d022_creates_have_inputs,
    samples.d023_sample_times_carry_a_zone,
    samples.d024_samples_agree_with_the_fields,
    texts.d025_no_text_runs_code,
    login.d026_hosts_are_not_typed_in,
    package.m002_app_description_is_about_the_service,
    login.h001_secrets_are_masked,
    shapes.h002_required_inputs_come_first,
    shapes.h003_keys_of_a_form_are_unique,
    shapes.h004_forms_can_be_filled_in,
    texts.h005_actions_are_described_by_what_they_do,
    texts.h006_texts_have_a_good_length,
    texts.h007_fields_are_labelled,
    texts.h008_labels_are_distinct,
    samples.h009_samples_have_output_fields,
    package.h010_core_is_pinned,
    package.h011_package_can_be_built,
    texts.h012_action_labels_begin_with_a_verb,
    texts.h013_choices_read_like_words,
    requests.h014_no_redirect_is_followed,
    requests.h015_requests_are_bounded,
    shapes.h016_searches_for_several_records_return_line_items,
    texts.h017_fields_have_different_labels,
    texts.h018_no_trigger_is_for_any_update,
    samples.h019_no_bank_account_is_an_output,
    samples.h020_flags_are_booleans,
)


def lint(folder: Path) -> list[Complaint]:
    """Run all checks on the app in `folder`, and list the problems that they find.

    Raises `ConfigurationError` if the folder contains no app, if Node or the app's npm packages are not
    installed, or if the app cannot be loaded.
    """
    return run_checks(CHECKS, read(folder))
