"""The profiles file: what is written can be read back, and unrelated content is left unchanged."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from support.each import each

from connector.definition.compiler import integration as compiled
from connector.errors import ConfigurationError
from connector.profiles import Profile, Profiles

if TYPE_CHECKING:
    from pathlib import Path

ODD = {
    "quotes": "a\"b'c'''d\"\"\"e\\f",
    "lines": "one\ntwo\rthree\r\nfour\ttab",
    "controls": "nul\0 escape\x1b[2J delete\x7f next\x85 line\u2028",
    "emoji": "\N{GRINNING FACE} ü \N{ZERO WIDTH JOINER}",
    "looks like TOML": "[x]\n# y = 1",
}
HELD = {
    "nothing": "",
    "a comment": "# mine\n",
    "no line end": "[returnmate.a]\napi_key = 'x'",
    "notes of the owner": "title = 'x'\n[notes]\nday = 2026-01-01\nn = nan\n[[list]]\na = 1\n[[list]]\n",
    "comments": "# one\n[returnmate.default] # two\n# three\napi_key = 'old' # four\n[swap.x] # five\n",
    "vendors in turns": "[returnmate.a]\napi_key='1'\n[swap.b]\napi_key='2'\n[returnmate.c]\napi_key='3'\n",
    "one line": "returnmate = {a = {api_key = '1'}}\n",
    "dotted": "returnmate.default.api_key = '1'\nswap.x.api_key = '2'\n",
    "dotted, others": "returnmate.a.api_key = '1'\nswap.x.api_key = '2'\n",
    "odd names": "[returnmate.\"my shop\"]\napi_key='1'\n[ 'swap' . 'ü' ]\napi_key='2'\n",
    "tables in a profile": "[returnmate.x]\napi_key='1'\n[swap.x]\napi_key='2'\n[notes.x.y]\nz = 1\n",
    "long texts": "[returnmate.default]\napi_key = \"\"\"\nabc\"\"\"\n[notes]\nx = '''y\nz'''\n",
}


def comments(text: str) -> list[str]:
    return [line.partition("# ")[2] for line in text.splitlines() if "# " in line]


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
@pytest.mark.parametrize("text", HELD.values(), ids=HELD)
def test_saved_profile_is_read_back_and_other_content_stays(tmp_path: Path, text: str, value: str) -> None:
    profiles = Profiles(tmp_path / "p.toml", {})
    profiles.path.write_text(text)
    profiles.save("returnmate", Profile("default", "https://x.example.com", {"store_name": f"<{value}>"}))
    wanted = tomllib.loads(text, parse_float=str)
    wanted.setdefault("returnmate", {})["default"] = {
        "base_url": "https://x.example.com",
        "store_name": f"<{value}>",
    }
    written = profiles.path.read_bytes().decode()
    assert tomllib.loads(written, parse_float=str) == wanted
    assert profiles.saved("returnmate")["default"].fields == {"store_name": f"<{value}>"}
    kept = set(comments(text)) - {"four"}
    assert kept <= set(comments(written)), "comments stay, except those of removed lines"


def test_removed_fields_disappear_and_unchanged_fields_stay(tmp_path: Path) -> None:
    profiles = Profiles(tmp_path / "p.toml", {})
    profiles.path.write_text("[swap.x]\napi_key = 'same' # mine\ncode = 'spent'\n")
    profiles.save("swap", Profile("x", None, {"api_key": "same", "store_id": "s"}))
    assert profiles.path.read_text() == "[swap.x]\napi_key = 'same' # mine\nstore_id = \"s\"\n"


@pytest.mark.parametrize("value", ["half \ud83d of a pair", "bytes \udcff"])
def test_value_that_is_not_text_is_refused_and_the_file_stays(tmp_path: Path, value: str) -> None:
    profiles = Profiles(tmp_path / "p.toml", {})
    profiles.save("returnmate", Profile("one", None, {"api_key": "a"}))
    before = profiles.path.read_bytes()
    with pytest.raises(
        ConfigurationError, match="store_name contains characters that cannot be stored"
    ) as told:
        profiles.save("returnmate", Profile("one", None, {"store_name": value}))
    assert value not in str(told.value)
    assert profiles.path.read_bytes() == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_files_written_on_windows_are_read_and_changed(tmp_path: Path, encoding: str) -> None:
    profiles = Profiles(tmp_path / "p.toml", {})
    text = "# ü\r\n[returnmate.default]\r\napi_key = ' key '\r\n"
    profiles.path.write_bytes(text.encode(encoding))
    assert profiles.saved("returnmate")["default"].fields == {"api_key": "key"}
    profiles.save("swap", Profile("x", None, {"api_key": "two"}))
    written = profiles.path.read_bytes().decode()
    assert written.startswith(text)
    assert written.count("\n") == written.count("\r\n"), "one kind of line end"
    assert [profiles.saved(one)[name].fields for one, name in (("returnmate", "default"), ("swap", "x"))] == [
        {"api_key": "key"},
        {"api_key": "two"},
    ]


def test_file_in_another_encoding_is_reported_in_one_sentence(tmp_path: Path) -> None:
    profiles = Profiles(tmp_path / "p.toml", {})
    profiles.path.write_bytes("# für mich\n".encode("cp1252"))
    with pytest.raises(ConfigurationError, match=r"not UTF-8 text \(byte 4 is invalid\); save it as UTF-8"):
        profiles.saved("returnmate")


HAMMER = """
import sys
from pathlib import Path
from connector.profiles import Profile, Profiles
profiles = Profiles(Path(sys.argv[1]), {})
print("ready", flush=True)
sys.stdin.readline()
for number in range(25):
    profiles.save("returnmate", Profile(f"{sys.argv[2]}{number}", None, {"api_key": "k"}))
"""


def test_concurrent_writes_of_two_processes_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    command = [sys.executable, "-c", HAMMER, str(path)]
    writers = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in "xy"
    ]
    for writer in each(writers):
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in each(writers):
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=300)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert set(Profiles(path, {}).saved("returnmate")) == {f"{name}{n}" for name in "xy" for n in range(25)}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["p.toml", "p.toml.lock"]


def test_renewed_token_is_read_and_written_under_one_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process reconnects between the read and the write: its login is kept."""
    made = compiled("returnlogic")
    login = {"client_id": "c", "client_secret": "s", "refresh_token": "old"}
    profiles, other = Profiles(tmp_path / "p.toml", {}), Profiles(tmp_path / "p.toml", {})
    profiles.save("returnlogic", Profile("x", None, login))
    newcomer = Profile("x", None, {**login, "client_id": "another"})
    changing = profiles._file.changing

    def late() -> object:
        other.save("returnlogic", newcomer)
        return changing()

    monkeypatch.setattr(profiles._file, "changing", late)
    profiles.renew(made, Profile("x", None, login), "new")
    assert profiles.saved("returnlogic")["x"] == newcomer


def test_symbolic_link_is_kept_and_permissions_are_restricted(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "profiles.toml"
    real.parent.mkdir()
    real.write_text("[returnmate.a]\napi_key = '1'\n")
    real.chmod(0o644)
    link = tmp_path / "p.toml"
    link.symlink_to(real)
    assert set(Profiles(link, {}).saved("returnmate")) == {"a"}
    assert stat.S_IMODE(real.stat().st_mode) == 0o600, "it is enough to read it"
    real.chmod(0o644)
    Profiles(link, {}).save("returnmate", Profile("b", None, {"api_key": "2"}))
    assert link.is_symlink()
    assert set(tomllib.loads(real.read_text())["returnmate"]) == {"a", "b"}
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_failed_write_keeps_the_old_file_and_names_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = Profiles(tmp_path / "p.toml", {})
    profiles.save("returnmate", Profile("one", None, {"api_key": "a"}))
    before = profiles.path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match=r"p\.toml cannot be written: no space left on device\.$"):
        profiles.save("returnmate", Profile("two", None, {"api_key": "b"}))
    assert profiles.path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["p.toml", "p.toml.lock"], (
        "no temporary file with secrets is left"
    )


def test_operating_system_error_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()
    for path, said in (
        (tmp_path / "file" / "p.toml", "not a directory"),
        (tmp_path / "loop", "too many levels of symbolic links"),
        (tmp_path / "folder", "is a directory"),
    ):
        with pytest.raises(ConfigurationError, match=f"cannot be read: {said}"):
            Profiles(path, {}).saved("returnmate")
    with pytest.raises(ConfigurationError, match="cannot be written: not a directory"):
        Profiles(tmp_path / "file" / "folder" / "p.toml", {}).check()


def test_stale_lock_is_reported_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.profiles.text_files.LOCK_TIMEOUT", 0.01)
    profiles = Profiles(tmp_path / "p.toml", {})
    with (
        profiles._file.changing(),
        pytest.raises(ConfigurationError, match=r"another process keeps .*lock locked"),
    ):
        Profiles(tmp_path / "p.toml", {}).save("returnmate", Profile("one", None, {"api_key": "a"}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("returnmate = 'k'", r"returnmate in .*p\.toml is a string; write a profile as a section"),
        (
            "[returnmate]\napi_key = 'k'",
            r"api_key is directly below \[returnmate\] .* \[returnmate\.default\]",
        ),
        ("[returnmate.x]\napi_key = 5", r"api_key of \[returnmate\.x\] .* is a number .*put it in quotes"),
        ("[returnmate.x]\napi_key = true", r"api_key of \[returnmate\.x\] .* is yes or no"),
        ("[returnmate.x]\napi_key = ['k']", r"api_key of \[returnmate\.x\] .* is a list"),
        ("[returnmate.x.y]\napi_key = 'k'", r"y of \[returnmate\.x\] .* is a section"),
        ("[returnmate.x]\napi_key = 2026-01-01", r"api_key of \[returnmate\.x\] .* is a date"),
        ("[broken", r"p\.toml cannot be read: expected .\]. at the end of a table"),
    ],
)
def test_invalid_profile_is_reported_with_its_location(tmp_path: Path, text: str, said: str) -> None:
    profiles = Profiles(tmp_path / "p.toml", {})
    profiles.path.write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        profiles.saved("returnmate")
