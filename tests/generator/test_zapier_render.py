"""The generated Zapier app equals the committed one, is reproducible, and survives odd names."""

import ast
import errno
import json
import re
import shutil
import socket
import time
from pathlib import Path
from typing import Any, TypeVar

import pytest
from support import zapier
from support.each import each

from connector.cli import program
from connector.definition.compiler import app as compiled
from connector.definition.compiler import apps
from connector.definition.model import Choice, Field, FindOrCreate, FrozenModel, InputField, Integration
from connector.definition.offer import with_previews
from connector.errors import ConfigurationError
from connector.generator import write
from connector.generator import zapier as generator
from connector.generator.zapier import steps
from connector.generator.zapier.fields import Unrenderable
from connector.generator.zapier.link import kept_link
from connector.generator.zapier.literal import Code, to_javascript
from connector.generator.zapier.records import Records

SOURCES = Path(generator.__file__).parent
ODD = 'O\'Neil "& Söhne" \\ `${x}` {{ 7*7 }} </script>\n\u2028*/'


P = TypeVar("P", bound=FrozenModel)


def changed(part: P, **values: Any) -> P:
    return part.model_copy(update=values)


@pytest.mark.parametrize("vendor", apps())
def test_committed_app_equals_the_generated_app(vendor: str) -> None:
    folder = zapier.APPS / vendor
    drift = write.find_drift(generator.render(compiled(vendor), link=kept_link(folder)), folder)
    assert not drift, f"Run `make generate`:\n{drift}"


def test_link_to_a_registered_app_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file that `zapier-platform register` wrote survives each generation."""
    command = ["generate", "zapier", "--vendor", "returnmate", "--output", str(tmp_path)]
    assert program.run(command) == 0
    file = tmp_path / "returnmate" / ".zapierapprc"
    linked = {**json.loads(file.read_text()), "id": 4711, "key": "App4711"}
    file.write_text(json.dumps(linked, indent=2) + "\n")
    assert program.run([*command, "--check"]) == 0
    assert program.run(command) == 0
    assert json.loads(file.read_text()) == linked
    file.write_text("[")
    assert program.run(command) == 2
    assert "would be lost" in capsys.readouterr().err
    assert file.read_text() == "["


def test_each_kind_of_drift_is_reported(returnmate: Integration, tmp_path: Path) -> None:
    files = generator.render(returnmate)
    write.write_files(files, tmp_path)
    assert not write.find_drift(files, tmp_path)
    (tmp_path / "index.js").write_text("// edited by hand\n")
    (tmp_path / "vendor.js").unlink()
    (tmp_path / "triggers" / "forgotten.js").write_text("")
    drift = write.find_drift(files, tmp_path)
    assert drift == write.Drift(
        missing=("vendor.js",), extra=("triggers/forgotten.js",), different=("index.js",)
    )
    assert str(drift).splitlines() == [
        "missing vendor.js",
        "not generated triggers/forgotten.js",
        "different index.js",
    ]


def test_writing_replaces_the_folder_but_keeps_installed_files(
    returnmate: Integration, tmp_path: Path
) -> None:
    files = generator.render(returnmate)
    write.write_files(files, tmp_path)
    installed = {"node_modules/core/index.js", ".env", "build/build.zip", "CHANGELOG.md", ".git/HEAD"}
    for name in (*installed, "old/step.js", ".stray"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    drift = write.write_files(files, tmp_path)
    assert drift.extra == (".stray", "old/step.js")
    assert not write.find_drift(files, tmp_path)
    kept = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert kept == files.keys() | installed


def test_full_disk_loses_no_file(
    returnmate: Integration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = generator.render(returnmate)
    write.write_files(files, tmp_path)
    (tmp_path / ".zapierapprc").write_text("linked")

    def full(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write.write_files(files, tmp_path)
    assert (tmp_path / ".zapierapprc").read_text() == "linked"
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == files.keys()


def test_app_version_comes_from_the_catalog(returnmate: Integration) -> None:
    vendor = returnmate.vendor.model_copy(update={"app_version": "2.1.0"})
    files = generator.render(returnmate.model_copy(update={"vendor": vendor}))
    assert json.loads(files["package.json"])["version"] == "2.1.0"
    assert json.loads(files["package-lock.json"])["packages"][""]["version"] == "2.1.0"
    assert "version: '2.1.0'" in files["index.js"]
    assert "returnmate-zapier/2.1.0" in files["vendor.js"]


def test_rendering_uses_no_clock_or_network_and_writes_no_files(
    returnmate: Integration, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = generator.render(returnmate)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("render must be pure")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETURNMATE_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(time, "time", refuse)
    monkeypatch.setattr(Path, "write_text", refuse)
    monkeypatch.setattr(Path, "write_bytes", refuse)
    assert generator.render(Integration.model_validate_json(returnmate.model_dump_json())) == first


def test_only_the_writer_module_touches_the_disk() -> None:
    for path in each(SOURCES.rglob("*.py")):
        calls = {
            node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)
        }
        assert not calls & {"write_text", "write_bytes", "unlink", "mkdir", "rmtree", "open"}, path.name


def test_folder_with_other_contents_is_not_emptied(returnmate: Integration, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    with pytest.raises(ConfigurationError, match="contains files but no generated app"):
        write.write_files(generator.render(returnmate), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.jinja")), ids=lambda path: path.name)
def test_template_contains_no_logic(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 60
    assert not re.search(r"{%-?\s*(set|macro|call|if .* (and|or) )", text)


def test_every_generated_file_has_a_header(returnmate: Integration) -> None:
    static = {
        path.relative_to(SOURCES / "static").as_posix()
        for path in (SOURCES / "static").rglob("*")
        if path.is_file()
    }
    for name, text in each(generator.render(returnmate).items()):
        if name in static or name.endswith((".json", ".zapierapprc")):
            continue
        first = text.splitlines()[0]
        assert "Generated by `returns generate` from openapi/returnmate.yaml" in first, name
        assert "Do not edit." in first, name


def test_package_pins_the_core_exactly_and_names_no_registry(returnmate: Integration) -> None:
    files = generator.render(returnmate)
    package, lock = json.loads(files["package.json"]), json.loads(files["package-lock.json"])
    pinned = package["dependencies"]["zapier-platform-core"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", pinned)
    assert lock["packages"]["node_modules/zapier-platform-core"]["version"] == pinned
    assert lock["packages"][""]["dependencies"] == package["dependencies"]
    assert f"platformVersion: '{pinned}'" in files["index.js"]
    assert "resolved" not in files["package-lock.json"]
    assert package["type"] == "module"
    assert package["exports"] == "./index.js"
    assert json.loads(files[".zapierapprc"]) == {"includeInBuild": ["require\\.mjs$"]}


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ({"a": 1, "b-c": None, "7": True, "07": 1.5}, "{ a: 1, 'b-c': null, 7: true, '07': 1.5 }"),
        (["it's", 'a "b"', "\\", "é\n"], "[\"it's\", 'a \"b\"', '\\\\', 'é\\n']"),
        ({"operation": Code("operations.list")}, "{ operation: operations.list }"),
        ({"__proto__": {}}, "{ ['__proto__']: {} }"),
        ((), "[]"),
    ],
)  # fmt: skip
def test_values_become_javascript(value: Any, source: str) -> None:
    assert to_javascript(value) == source


def test_long_values_are_wrapped() -> None:
    assert (
        to_javascript({"a": ["x" * 60, "y" * 60]})
        == f"{{\n  a: [\n    '{'x' * 60}',\n    '{'y' * 60}',\n  ],\n}}"
    )


def odd(integration: Integration) -> Integration:
    """Return the integration with keys and texts that need escaping in JavaScript."""
    search = integration.searches["find_return"]
    action = integration.actions["create_return"]
    trigger = integration.triggers["new_return"]
    names = ("__proto__", "ship.to", "2nd line", "naïve", "constructor")
    inputs = tuple(
        InputField(key=f"odd_{n}", label=ODD, type="string", help=ODD, location="body", path=("odd", name))
        for n, name in enumerate(names)
    )
    fields = tuple(
        Field(key=name, label=ODD, type="string", required=True) for name in ("2nd line", "naïve", "default")
    )
    items = next(one for one in action.inputs if one.children)
    clash = changed(items.children[0], key="order_number", path=("order_number",))
    lines = changed(items, children=(*items.children, clash))
    inputs = (*(lines if one == items else one for one in action.inputs), *inputs)
    operation = changed(integration.operations["list_returns"], id="delete")
    return changed(
        integration,
        vendor=changed(integration.vendor, title=ODD),
        operations={**integration.operations, "delete": operation},
        triggers={
            "default": changed(
                trigger,
                key="default",
                label="New Return",
                source=changed(trigger.source, operation="delete"),
                fields=(*trigger.fields, *fields),
                sample={**trigger.sample, "2nd line": ODD, "naïve": "x", "default": "y"},
            )
        },
        actions={"new": changed(action, key="new", inputs=inputs)},
        searches={"class": changed(search, key="class")},
        find_or_create=(
            FindOrCreate(key="class", label="Find", description="Finds.", search="class", create="new"),
        ),
    )


def test_app_with_odd_names_runs(returnmate: Integration, tmp_path: Path) -> None:
    """Reserved words as keys, quotes, braces and line breaks in texts, `__proto__` and spaces in paths."""
    write.write_files(generator.render(odd(returnmate)), tmp_path)
    (tmp_path / "node_modules").symlink_to(zapier.APP / "node_modules")
    with zapier.started(tmp_path, RETURNMATE_BASE_URL="http://127.0.0.1:9") as app:
        assert app.call(command="validate") == []
        definition = app.call(command="definition")
        fields = definition["triggers"]["default"]["operation"]["outputFields"]
        assert {"key": "2nd line", "label": ODD, "type": "string"} in fields
        assert definition["triggers"]["default"]["operation"]["sample"]["2nd line"] == ODD
        assert [one["key"] for one in definition["creates"]["new"]["operation"]["inputFields"]][-1] == "odd_4"
        lines = next(
            one for one in definition["creates"]["new"]["operation"]["inputFields"] if "children" in one
        )
        assert lines["children"][-1]["key"] == "items_order_number"
        with pytest.raises(zapier.ZapierError, match="could not be reached"):
            app.run("triggers.default.operation.perform")


def with_action(integration: Integration, **values: Any) -> Integration:
    action = changed(integration.actions["create_return"], **values)
    return changed(integration, actions={**integration.actions, action.key: action})


@pytest.mark.parametrize("risk", ["financial", "destructive"])
def test_financial_and_destructive_actions_are_left_out(returnmate: Integration, risk: str) -> None:
    files = generator.render(with_action(returnmate, risk=risk))
    assert "creates/create_return.js" not in files
    assert "create_return" not in files["index.js"]


def test_trigger_without_a_zapier_guarantee_is_left_out(returnmate: Integration) -> None:
    trigger = returnmate.triggers["return_approved"]
    promises = {runtime: one for runtime, one in trigger.guarantees.items() if runtime != "zapier"}
    triggers = {**returnmate.triggers, "return_approved": changed(trigger, guarantees=promises)}
    assert "triggers/return_approved.js" not in generator.render(changed(returnmate, triggers=triggers))


def test_assumed_input_is_left_out_on_request(returnmate: Integration) -> None:
    extra = InputField(
        key="gift", label="Gift", type="boolean", location="body", path=("gift",), provenance="assumed"
    )
    action = returnmate.actions["create_return"]
    integration = with_action(returnmate, inputs=(*action.inputs, extra))
    assert "gift" not in generator.render(integration, selection="documented")["creates/create_return.js"]
    assert "gift" in generator.render(integration)["creates/create_return.js"]


def test_assumed_operation_is_left_out_on_request(returnmate: Integration) -> None:
    operation = changed(returnmate.operations["add_return_note"], provenance="assumed")
    operations = {**returnmate.operations, "add_return_note": operation}
    integration = with_previews(changed(returnmate, operations=operations))
    assert "creates/add_note.js" not in generator.render(integration, selection="documented")
    assert "creates/add_note.js" in generator.render(integration)


def test_search_without_inputs_is_left_out(returnmate: Integration) -> None:
    """Zapier requires an input in every search, and all inputs of this search are assumed."""
    assert "searches/get_reasons_report.js" not in generator.render(returnmate, selection="documented")
    assert "searches/get_reasons_report.js" in generator.render(returnmate)


def test_unsupported_input_type_stops_the_build(returnmate: Integration) -> None:
    odd_input = InputField(key="address", label="Address", type="object", location="body", path=("address",))
    with pytest.raises(Unrenderable, match="The input address has type object"):
        generator.render(with_action(returnmate, inputs=(odd_input,)))


def test_nested_identity_stops_the_build(returnmate: Integration) -> None:
    trigger = returnmate.triggers["new_return"]
    promise = changed(trigger.guarantees["zapier"], dedupe=(("customer", "email"),))
    triggers = {"new_return": changed(trigger, guarantees={"zapier": promise})}
    with pytest.raises(Unrenderable, match=r"new_return is identified by customer\.email"):
        generator.render(changed(returnmate, triggers=triggers))


def test_dropdown_named_like_a_trigger_stops_the_build(returnmate: Integration) -> None:
    triggers = {"return": changed(returnmate.triggers["new_return"], key="return")}
    with pytest.raises(Unrenderable, match="return is both a trigger and a dropdown"):
        generator.render(changed(returnmate, triggers=triggers))


def test_third_shape_of_a_record_stops_the_build(returnmate: Integration) -> None:
    records = Records(returnmate)
    fields = [Field(key="id", label="ID", type="string", required=True)]
    assert records.name("return", "list_returns", fields, {"id": "1"}) == "return"
    assert records.name("return", "list_returns", fields, {"id": "1"}) == "return"
    assert records.name("return", "list_returns", fields, {"id": "2"}) == "return_of_list_returns"
    with pytest.raises(Unrenderable, match="two different records"):
        records.name("return", "list_returns", fields, {"id": "3"})


def test_fixed_choices_and_known_words_become_choices(returnmate: Integration) -> None:
    closed = InputField(
        key="speed", label="Speed", type="string", location="body", path=("speed",),
        choices=(Choice(value="fast", label="As Fast as Possible"),),
    )  # fmt: skip
    open_set = changed(closed, key="colour", choices=(), known_values=("dark_red",))
    text = generator.render(with_action(returnmate, inputs=(closed, open_set)))["creates/create_return.js"]
    assert "{ value: 'fast', label: 'As Fast as Possible', sample: 'fast' }" in text
    assert "{ value: 'dark_red', label: 'Dark Red', sample: 'dark_red' }" in text


def test_filter_lists_only_states_that_fire(returnmate: Integration) -> None:
    made = steps.triggers(returnmate, Records(returnmate))
    fields = next(one for one in made if one["key"] == "return_status_changed")["form"]["fields"]
    values = [choice["value"] for choice in fields[0]["choices"]]
    known = [choice.value for choice in returnmate.dropdowns["status"].choices]
    assert values == [value for value in known if value != "pending"]


def test_generated_app_contains_no_trace_of_the_machine(returnmate: Integration) -> None:
    text = "".join(generator.render(returnmate).values())
    assert str(zapier.ROOT) not in text
    assert not re.search(r"registry|/home/|/root/|https?://[^ ]*npm", text)
    assert shutil.which("node") is None or str(shutil.which("node")) not in text
