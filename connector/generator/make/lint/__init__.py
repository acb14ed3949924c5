"""Make's checks of an app, as far as its files alone can tell, and some of our own.

Make reviews an app by hand and by a program of its own; neither can be had. The checks follow Make's public
review requirements and naming rules, and what its editor's schemas accept although it is wrong. A check is a
function from an app to sentences; its name begins with its id. When the files themselves are not what they
should be (M001 to M003), the other checks wait until they are.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from connector.generator.complaint import Complaint, complaints
from connector.generator.make.lint import (
    behaviour,
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

FIRST: tuple[Check, ...] = (structure.m001_manifest_is_one,)
SECOND: tuple[Check, ...] = (
    structure.m002_manifest_names_the_files_there_are,
    structure.m003_code_files_hold_what_their_kind_may,
)
THIRD: tuple[Check, ...] = (
    structure.m004_ids_are_such_that_make_takes_them,
    structure.m005_there_is_a_readme,
    language.m006_expressions_can_be_read,
    language.m007_functions_exist,
    language.m008_variables_exist,
    language.m009_parameters_exist,
    language.m010_connection_values_exist,
    language.m011_arrays_are_counted_from_one,
    language.m012_items_hold_what_is_asked_of_them,
    references.m013_dropdowns_exist_and_are_used,
    references.m014_connections_exist,
    references.m015_instant_triggers_have_webhooks,
    references.m016_groups_hold_each_module_once,
    references.m017_ids_are_chosen,
    wording.m018_everything_has_a_label,
    wording.m019_labels_are_in_sentence_case,
    wording.m020_modules_are_called_as_make_calls_them,
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
)
CHECKS = (*FIRST, *SECOND, *THIRD)


def check(app: App) -> list[Complaint]:
    """Run the checks over an app."""
    for checks in (FIRST, SECOND):
        if found := complaints(checks, app):
            return found
    return complaints(THIRD, app)


def lint(folder: Path) -> list[Complaint]:
    """Run the checks over the app in a folder; raises ConfigurationError for what is no app."""
    return check(read(folder))
