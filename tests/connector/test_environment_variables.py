"""Environment variables for logins and addresses: which are used, and how unused ones are reported."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import httpx
import pytest

from connector.definition.compiler import integration, vendors
from connector.errors import ConfigurationError
from connector.profiles import Profile, Profiles

if TYPE_CHECKING:
    from pathlib import Path

compiled = cache(integration)
pytestmark = pytest.mark.anyio
ELSEWHERE = "https://elsewhere.example.com/v1"


def sandboxed(request: httpx.Request) -> httpx.Response:
    place = f"{request.url.scheme}://{request.url.netloc.decode()}"
    known = {one: {"base_url": f"{place}/{one}", "fields": {"api_key": "demo"}} for one in vendors()}
    return httpx.Response(200, json={"vendors": known})


class Environment:
    """Profiles of a file and an environment, and the messages they report."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.said: list[str] = []
        transport = httpx.MockTransport(sandboxed)
        self.profiles = Profiles(folder / "p.toml", environment, transport, self.said.append)


@pytest.mark.parametrize("vendor", vendors())
async def test_address_in_the_environment_overrides_every_profile(tmp_path: Path, vendor: str) -> None:
    """Every command uses the same address, whether it names a profile or not."""
    made, name = compiled(vendor), f"RETURNS_{vendor}_BASE_URL".upper()
    found = Environment(tmp_path, {name: f" {ELSEWHERE}/\n"})
    fields = {one.key: "x" for one in made.authentication.fields}
    found.profiles.save(vendor, Profile("shop", "https://own.example.com", fields))
    chosen = [await found.profiles.choose(made), await found.profiles.choose(made, "shop")]
    chosen += [profile for _one, profile in await found.profiles.choose_all([made])]
    assert [(one.name, one.base_url, one.fields) for one in chosen] == [("shop", f"{ELSEWHERE}/", fields)] * 3
    moved = f"Profile shop of {made.vendor.title} is used with the address in {name} instead of its own."
    assert found.said == [moved] * 3


async def test_same_address_in_another_spelling_is_no_conflict(tmp_path: Path) -> None:
    environment = {"RETURNS_RETURNMATE_BASE_URL": f"{ELSEWHERE}/", "RETURNS_RETURNMATE_API_KEY": " k\r\n"}
    found = Environment(tmp_path, environment)
    found.profiles.save("returnmate", Profile("shop", ELSEWHERE, {"api_key": "k"}))
    every = await found.profiles.choose_all([compiled("returnmate")])
    assert [(profile.name, profile.base_url) for _one, profile in every] == [("shop", ELSEWHERE)]
    assert found.said == []


@pytest.mark.parametrize("vendor", vendors())
async def test_address_without_a_login_is_not_ignored(tmp_path: Path, vendor: str) -> None:
    made, name = compiled(vendor), f"RETURNS_{vendor}_BASE_URL".upper()
    found = Environment(tmp_path, {name: ELSEWHERE})
    with pytest.raises(
        ConfigurationError, match=f"{name} .*no login is set up for it: run `returns connect {vendor}`"
    ):
        await found.profiles.choose(made)
    assert (await found.profiles.choose(made, "sandbox")).base_url == f"http://127.0.0.1:4010/{vendor}"
    beside = Environment(tmp_path, {name: f"http://127.0.0.1:4010/{vendor}"})
    assert (await beside.profiles.choose(made)).name == "sandbox"


async def test_address_without_a_login_is_reported_if_other_vendors_have_profiles(tmp_path: Path) -> None:
    found = Environment(tmp_path, {"RETURNS_SWAP_BASE_URL": ELSEWHERE})
    found.profiles.save("returnmate", Profile("shop", ELSEWHERE, {"api_key": "k"}))
    every = await found.profiles.choose_all([compiled("returnmate"), compiled("swap")])
    assert [one.vendor.id for one, _profile in every] == ["returnmate"]
    assert found.said == ["RETURNS_SWAP_BASE_URL is not used: no login is set up for it."]


@pytest.mark.parametrize("token", ["hunter2ü", "hunter2\nx: y"])
async def test_control_token_that_no_header_can_hold_is_refused(tmp_path: Path, token: str) -> None:
    found = Environment(tmp_path, {"RETURNS_CONTROL_TOKEN": token})
    with pytest.raises(ConfigurationError, match="RETURNS_CONTROL_TOKEN contains invalid characters") as told:
        await found.profiles.choose(compiled("swap"))
    assert "hunter2" not in str(told.value)


async def test_unused_part_of_a_login_is_reported(tmp_path: Path) -> None:
    found = Environment(tmp_path, {"RETURNS_SWAP_STORE_ID": "store_1"})
    assert (await found.profiles.choose(compiled("swap"))).name == "sandbox"
    assert found.said == ["RETURNS_SWAP_STORE_ID is not used: the login also needs RETURNS_SWAP_API_KEY."]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("RETURNS_RETURNMATE_APIKEY", "has no such login field; did you mean RETURNS_RETURNMATE_API_KEY?"),
        ("RETURNS_RETURNMATE_URL", "did you mean RETURNS_RETURNMATE_BASE_URL?"),
        ("RETURNS_RETURNMATE_COLOUR", "ReturnMate has no such login field"),
        ("RETURNS_RETRUNMATE_API_KEY", "there is no vendor 'retrunmate'; did you mean returnmate?"),
        ("RETURNS_UNKNOWN_BASE_URL", "there is no vendor 'unknown'; `returns catalog` lists the vendors."),
        ("RETURNS_API_KEY", "it names no vendor"),
        ("returns_returnmate_api_key", "write it in capitals: RETURNS_RETURNMATE_API_KEY."),
        ("RETURNS_SANBOX_URL", "did you mean RETURNS_SANDBOX_URL?"),
        ("RETURNS_CONTROL_TOKN", "did you mean RETURNS_CONTROL_TOKEN?"),
    ],
)  # fmt: skip
async def test_unread_variable_is_reported(tmp_path: Path, name: str, said: str) -> None:
    found = Environment(tmp_path, {name: "hunter2"})
    await found.profiles.choose(compiled("returnmate"))
    assert len(found.said) == 1
    assert found.said[0].startswith(f"{name} is set but not read")
    assert said in found.said[0]
    assert "hunter2" not in found.said[0]
    again = Environment(tmp_path, {name: "hunter2"})
    await again.profiles.choose_all([compiled("returnmate"), compiled("swap")])
    assert again.said == found.said


@pytest.mark.parametrize(
    "name",
    [
        "RETURNS_SWAP_NONSENSE", "RETURNS_HOST", "RETURNS_PORT", "RETURNS_PUBLIC_URL", "RETURNS_DATABASE",
        "RETURNS_VENDOR", "RETURNS_RATE_LIMITS", "RETURNS_SEED", "RETURNS_SEED_SIZE", "RETURNS_SECRET",
        "RETURNS_MAX_BODY", "RETURNS_SANDBOX_URL", "RETURNS_CONTROL_TOKEN", "MY_RETURNS_API_KEY",
    ],
)  # fmt: skip
async def test_variables_of_other_programs_are_ignored(tmp_path: Path, name: str) -> None:
    found = Environment(tmp_path, {name: "http://127.0.0.1:1"})
    await found.profiles.choose(compiled("returnmate"))
    assert found.said == []


@pytest.mark.parametrize("token", ["", "secret"])
@pytest.mark.parametrize("url", ["http://sandbox.example.com", "http://192.0.2.1:4010", "nonsense"])
async def test_sandbox_is_asked_for_logins_over_https_or_loopback_only(
    tmp_path: Path, url: str, token: str
) -> None:
    """The answer contains credentials, and the request carries the control token."""
    found = Environment(tmp_path, {"RETURNS_SANDBOX_URL": url, "RETURNS_CONTROL_TOKEN": token})
    with pytest.raises(ConfigurationError, match=f"^RETURNS_SANDBOX_URL: '{url}' .*https://"):
        await found.profiles.choose(compiled("returnmate"))
