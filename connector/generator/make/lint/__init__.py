"""Checks a Make app for problems that can be found in its files, without access to Make.

Make reviews apps by hand and with a program that is not public. The checks are based on Make's public review
requirements and naming rules, and find problems that the schemas in Make's editor do not detect. A check is a
function that receives an `App` and yields a message for each problem. The function's name begins with the
check's ID, such as M001.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from connector.generator.complaint import Complaint, run_checks
from connector.generator.make.lint import (
    behaviour,
    copy,
    language,
    references,
    requests,
    security,
    structure,
    wording,
)
from connector.generator.make.lint.app import App, parsed, read

Check = Callable[[App], Iterator[str]]

__all__ = ["CHECKS", "App", "Check", "check", "lint", "parsed", "read"]

FIRST: tuple[Check, ...] = (structure.m001_manifest_is_valid,)
SECOND: tuple[Check, ...] = (
    structure.m002_manifest_lists_all_files,
    structure.m003_code_files_are_valid,
)
THIRD: tuple[Check, ...] = (
    structure.m004_ids_are_valid,
    structure.m005_app_has_a_readme,
    language.m006_expressions_can_be_read,
    language.m007_functions_exist,
    language.m008_variables_exist,
    language.m009_parameters_exist,
    language.m010_connection_values_exist,
    language.m011_arrays_are_counted_from_one,
    language.m012_items_have_their_properties,
    references.m013_dropdowns_exist_and_are_used,
    references.m014_connections_exist,
    references.m015_instant_triggers_have_webhooks,
    references.m016_groups_hold_each_module_once,
    references.m017_ids_have_dropdowns,
    wording.m018_everything_has_a_label,
    wording.m019_labels_are_in_sentence_case,
    wording.m020_module_labels_follow_makes_rules,
    wording.m021_modules_are_described_in_the_third_person,
    behaviour.m022_actions_do_one_thing,
    behaviour.m023_searches_have_a_limit,
    behaviour.m024_triggers_know_what_is_new,
    behaviour.m025_triggers_are_not_mappable,
    behaviour.m026_filters_by_time_include_the_last_one,
    behaviour.m027_lists_end,
    behaviour.m028_pages_keep_their_filters,
    behaviour.m029_dropdowns_are_short,
    behaviour.m030_samples_equal_interfaces,
    security.m031_one_universal_module,
    security.m032_universal_module_stays_with_the_vendor,
    security.m033_universal_module_keeps_the_login,
    security.m034_addresses_are_relative,
    security.m035_base_is_the_vendors_own,
    security.m036_errors_are_explained,
    security.m037_secrets_are_not_logged,
    security.m038_secrets_are_typed_as_passwords,
    security.m039_connections_have_names,
    behaviour.m040_failed_writes_are_not_repeated,
    requests.m041_redirects_are_refused,
    requests.m042_requests_end,
    copy.m043_help_says_more_than_the_label,
    copy.m044_keys_come_with_a_link,
    copy.m045_groups_follow_records,
    copy.m046_fields_have_different_labels,
    copy.m047_no_trigger_is_for_any_update,
    copy.m048_no_bank_account_is_an_output,
)
CHECKS = (*FIRST, *SECOND, *THIRD)


def check(app: App) -> list[Complaint]:
    """Run the checks on an app and return the problems.

    M001 checks the manifest, M002 and M003 check the other files, and the remaining checks read the content
    of valid files. If the manifest is invalid, only M001 runs. If another file is missing or invalid, only
    M001 to M003 run.
    """
    for checks in (FIRST, SECOND):
        if complaints := run_checks(checks, app):
            return complaints
    return run_checks(THIRD, app)


def lint(folder: Path) -> list[Complaint]:
    """Run the checks on the app in a folder and return the problems.

    Raises ConfigurationError if the folder does not contain an app, or if a file cannot be read.
    """
    return check(read(folder))
