"""Lint checks for generated n8n packages, which find problems that n8n's own lint does not find.

`make n8n-build` runs n8n's own lint, which has some 170 rules for texts, parameters and packages. The checks
here compare the parts of a package with each other, and find code that could harm users. They do not need
n8n.
"""

from pathlib import Path

from connector.generator.complaint import Complaint, run_checks
from connector.generator.n8n.files import read_package
from connector.generator.n8n.lint import parts, safety, texts

CHECKS = (
    parts.n001_every_operation_has_data,
    parts.n002_every_event_has_data,
    parts.n003_every_input_has_a_parameter,
    parts.n004_every_dropdown_is_listed,
    parts.n005_the_package_names_its_files,
    parts.n006_paging_is_known,
    safety.n007_secrets_are_passwords,
    safety.n008_secrets_are_hidden_in_errors,
    safety.n009_every_address_is_safe,
    safety.n010_nothing_is_installed,
    safety.n011_every_request_is_in_one_place,
    texts.n012_keys_are_not_quoted,
    texts.n013_single_sentences_have_no_period,
    texts.n014_options_are_sorted,
    texts.n015_labels_are_distinct,
)


def lint(folder: Path) -> list[Complaint]:
    """Run all checks on the package in `folder`, and list the problems that they find.

    Raises `ConfigurationError` if the folder contains no package.
    """
    return run_checks(CHECKS, read_package(folder))
