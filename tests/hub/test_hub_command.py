"""What `returns hub` and `returns hub plan` say about wrong usage, each in one sentence."""

import os
import socket

import pytest
from support.each import each

from connector.cli import hub as command
from connector.cli.program import run
from connector.definition.compiler import integration, vendors
from connector.errors import ConfigurationError
from connector.hub.serve import listen


@pytest.mark.parametrize("vendor", vendors())
def test_a_misspelled_trigger_cannot_be_planned(vendor: str, capsys: pytest.CaptureFixture[str]) -> None:
    for key in each(integration(vendor).triggers):
        assert run(["hub", "plan", vendor, "--trigger", f"{key}x"]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert f'named "{key}x". Did you mean "' in printed.err


def test_a_trigger_of_some_vendors_only_is_planned_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    without = [one for one in vendors() if "new_shipment" not in integration(one).triggers]
    assert without
    assert run(["hub", "plan", "--trigger", "new_shipment"]) == 0
    assert capsys.readouterr().out.count("has no such trigger") == len(without)


def test_a_port_in_use_is_reported_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError) as refused:
            listen("127.0.0.1", port)
    assert refused.value.message == (
        f"The hub cannot listen on 127.0.0.1 port {port} (address already in use)."
        " Choose another with --host or --port."
    )


def test_missing_packages_are_named_as_pip_names_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "EXTRA", {"missing_one", "missing_two"})
    assert run(["hub", "--port", "0", "--database", f"sqlite:///{os.devnull}"]) == 2
    assert capsys.readouterr().err == (
        "The hub needs packages that are not installed (missing-one, missing-two). "
        "Install them with: pip install 'returns-connector[hub]'\n"
    )
