"""Every check of `returns lint n8n` passes the committed packages and finds its seeded mistake."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.definition.compiler import integration
from connector.errors import ConfigurationError
from connector.generator.complaint import check_id, run_checks
from connector.generator.n8n import render
from connector.generator.n8n.lint import CHECKS, lint
from connector.generator.write import write_files

VENDOR = "returnmate"
NODE = "nodes/ReturnMate"
Damage = Callable[[dict[str, str]], None]


def replaced(path: str, old: str, new: str) -> Damage:
    """Return a change of a file; it fails if the file does not contain the text."""

    def damage(files: dict[str, str]) -> None:
        assert old in files[path], f"{path} does not contain {old}"
        files[path] = files[path].replace(old, new, 1)

    return damage


MISTAKES: dict[str, Damage] = {
    "N001": replaced(f"{NODE}/data.ts", "\t\taddNote: {", "\t\taddRemark: {"),
    "N002": replaced(f"{NODE}/data.ts", "\tnewReturn: {", "\tnewReturns: {"),
    "N003": replaced(f"{NODE}/data.ts", 'name: "returnType"', 'name: "kind"'),
    "N004": replaced(f"{NODE}/ReturnMate.node.ts", "async searchReturn(", "async searchReturns("),
    "N005": replaced("package.json", "ReturnMateTrigger.node.js", "Trigger.node.js"),
    "N006": replaced(f"{NODE}/data.ts", 'paging: "', 'paging: "other_'),
    "N007": replaced("credentials/ReturnMateApi.credentials.ts", "password: true", "password: false"),
    "N008": replaced(f"{NODE}/data.ts", '"apiKey"', '"other"'),
    "N009": replaced(f"{NODE}/data.ts", 'name: "ReturnMate"', 'name: "http://api.example.com"'),
    "N010": replaced("package.json", '"keywords"', '"dependencies": {"left-pad": "1.0.0"},\n  "keywords"'),
    "N011": replaced(f"{NODE}/lib/clock.ts", "Date.now()", "fetch('https://example.com')"),
    "N012": replaced(f"{NODE}/properties.ts", "displayName: ", '"displayName": '),
    "N013": replaced(f"{NODE}/properties.ts", "up to a given limit", "up to a given limit."),
    "N014": replaced(f"{NODE}/properties.ts", 'name: "TNT"', 'name: "AAA"'),
    "N015": replaced(f"{NODE}/properties.ts", 'name: "Return Approved"', 'name: "Return Rejected"'),
}


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return render(integration(VENDOR))


@pytest.mark.parametrize("check", [check_id(one) for one in CHECKS])
def test_check_finds_its_mistake(check: str, files: dict[str, str], tmp_path: Path) -> None:
    changed = dict(files)
    MISTAKES[check](changed)
    write_files(changed, tmp_path)
    assert check in {one.check for one in lint(tmp_path)}


def test_complaint_names_the_place_and_what_to_do(files: dict[str, str], tmp_path: Path) -> None:
    changed = dict(files)
    MISTAKES["N010"](changed)
    write_files(changed, tmp_path)
    (found,) = [one.sentence for one in lint(tmp_path)]
    assert found == ("package.json has dependencies. n8n's cloud loads no package with them: remove them.")


def test_file_of_another_form_is_a_complaint(files: dict[str, str], tmp_path: Path) -> None:
    changed = dict(files)
    replaced(f"{NODE}/properties.ts", "resource: [", "resources: [")(changed)
    write_files(changed, tmp_path)
    assert "A file is not as `returns generate` writes it (KeyError: 'resource')" in str(lint(tmp_path)[0])


def test_check_that_finds_nothing_to_read_is_a_complaint() -> None:
    def n099_first(found: list[str]) -> Iterator[str]:
        yield next(one for one in found if one)

    (complaint,) = run_checks([n099_first], [])
    assert complaint.check == "N099"
    assert "RuntimeError: generator raised StopIteration" in complaint.sentence


@pytest.mark.parametrize(
    ("path", "content", "words"),
    [
        ("package.json", None, "package.json is missing."),
        (f"{NODE}/data.ts", None, "a file */data.ts is missing."),
        (f"{NODE}/data.ts", "", "vendor is missing."),
        ("package.json", "{", "Expecting property name"),
    ],
)
def test_incomplete_package_is_one_sentence(
    files: dict[str, str], tmp_path: Path, path: str, content: str | None, words: str
) -> None:
    changed = {**files, path: content} if content is not None else {**files}
    if content is None:
        del changed[path]
    write_files(changed, tmp_path)
    with pytest.raises(ConfigurationError, match="contains no complete n8n package") as caught:
        lint(tmp_path)
    assert words in str(caught.value)
