"""Which connection is chosen (environment, profile or sandbox), and how secrets are protected."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import httpx
import pytest

from connector.definition.compiler import integration as compiled
from connector.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    NotFound,
    VendorUnavailable,
)
from connector.profiles import Profile, Profiles

if TYPE_CHECKING:
    from pathlib import Path

    from connector.definition.model import Integration

pytestmark = pytest.mark.anyio
SANDBOX = {
    "tenant": "demo",
    "vendors": {
        "returnmate": {"base_url": "http://127.0.0.1:4010/returnmate/v1", "fields": {"api_key": "k"}}
    },
}


def sandbox_answering(answer: httpx.Response | Exception) -> tuple[httpx.MockTransport, list[str]]:
    urls: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        urls.append(str(request.url))
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx.MockTransport(handle), urls


async def test_sandbox_is_used_without_any_configuration(integration: Integration, tmp_path: Path) -> None:
    transport, urls = sandbox_answering(httpx.Response(200, json=SANDBOX))
    profile = await Profiles(tmp_path / "p.toml", {}, transport).choose(integration)
    assert (profile.name, profile.base_url) == ("sandbox", "http://127.0.0.1:4010/returnmate/v1")
    assert profile.fields == {"api_key": "k"}
    assert urls == ["http://127.0.0.1:4010/__sandbox/tenants/demo/credentials"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.ConnectError("refused"), VendorUnavailable),
        (httpx.Response(200, json={"vendors": {}}), NotFound),
        (httpx.Response(404, text="<html>"), ConnectorError),
        (httpx.Response(200, json=[]), ConnectorError),
        (
            httpx.Response(200, json={"vendors": {"returnmate": {"base_url": "x", "fields": 5}}}),
            ConnectorError,
        ),
        (httpx.Response(200, content=b"\xff"), ConnectorError),
        (httpx.Response(302, headers={"Location": "http://x.example"}), ConnectorError),
        (httpx.DecodingError("packed"), VendorUnavailable),
        (httpx.Response(401, json={"error": {"code": "unauthenticated"}}), AuthenticationError),
    ],
)
async def test_invalid_sandbox_answer_is_reported_in_one_sentence(
    integration: Integration, tmp_path: Path, answer: httpx.Response | Exception, kind: type[ConnectorError]
) -> None:
    transport, _ = sandbox_answering(answer)
    environment = {"RETURNS_SANDBOX_URL": "http://127.0.0.1:9"}
    with pytest.raises(kind, match=r"127\.0\.0\.1:9"):
        await Profiles(tmp_path / "p.toml", environment, transport).choose(integration)


async def test_missing_profiles_and_sandbox_are_reported_without_naming_a_vendor(tmp_path: Path) -> None:
    transport, _ = sandbox_answering(httpx.ConnectError("refused"))
    profiles = Profiles(tmp_path / "p.toml", {}, transport)
    with pytest.raises(VendorUnavailable, match=r"No profile is set up .* `returns connect VENDOR`"):
        await profiles.choose_all([compiled("exsited"), compiled("swap")])
    with pytest.raises(VendorUnavailable, match=r"No profile of Swap is set up .* `returns connect swap`"):
        await profiles.choose_all([compiled("swap")])


async def test_environment_takes_precedence_over_the_file(integration: Integration, tmp_path: Path) -> None:
    environment = {
        "RETURNS_RETURNMATE_API_KEY": "from-env",
        "RETURNS_RETURNMATE_BASE_URL": "https://x.example.com",
    }
    profiles = Profiles(tmp_path / "p.toml", environment)
    profiles.save("returnmate", Profile("default", "https://y.example.com", {"api_key": "from-file"}))
    chosen = await profiles.choose(integration)
    assert (chosen.name, chosen.base_url, chosen.fields["api_key"]) == (
        "environment",
        "https://x.example.com",
        "from-env",
    )
    named = await profiles.choose(integration, "default")
    assert named.fields["api_key"] == "from-file"
    assert await profiles.choose(integration, "environment") == chosen, "errors use this name"
    with pytest.raises(ConfigurationError, match="Choose default, environment or sandbox"):
        await profiles.choose(integration, "x")
    with pytest.raises(ConfigurationError, match="is the name of the login in the environment"):
        profiles.save("returnmate", Profile("environment", None, {"api_key": "k"}))


async def test_incomplete_login_in_the_environment_is_refused(tmp_path: Path) -> None:
    transport, sent = sandbox_answering(httpx.Response(200, json={}))
    profiles = Profiles(tmp_path / "p.toml", {"RETURNS_SWAP_API_KEY": "hunter2"}, transport)
    profiles.save("swap", Profile("default", None, {"api_key": "another", "store_id": "store_1"}))
    with pytest.raises(ConfigurationError, match="RETURNS_SWAP_STORE_ID") as refused:
        await profiles.choose(compiled("swap"))
    assert "hunter2" not in str(refused.value)
    assert not sent, "the sandbox does not replace it"
    assert (await profiles.choose(compiled("swap"), "default")).fields["api_key"] == "another"


async def test_profiles_are_readable_by_the_owner_only(integration: Integration, tmp_path: Path) -> None:
    profiles = Profiles(tmp_path / "deep" / "p.toml", {})
    odd = 'quote " back \\ new\nline ü'
    profiles.save("returnmate", Profile("one", None, {"api_key": odd}))
    profiles.save("returnmate", Profile("two", "https://y.example.com", {"api_key": "b"}))
    assert stat.S_IMODE(profiles.path.stat().st_mode) == 0o600
    assert (await profiles.choose(integration, "one")).fields == {"api_key": odd}
    assert (await profiles.choose(integration, "two")).base_url == "https://y.example.com"
    with pytest.raises(ConfigurationError, match="one or two; choose one"):
        await profiles.choose(integration)
    with pytest.raises(ConfigurationError, match=r'no profile of ReturnMate named "tow". Did you mean "two"'):
        await profiles.choose(integration, "tow")


def test_repr_of_a_profile_hides_secrets() -> None:
    assert "hunter" not in repr(Profile("one", None, {"api_key": "hunter2"}))


@pytest.mark.parametrize("text", ["[broken", "[returnmate.x]\napi_key = 5\n"])
async def test_broken_file_is_reported_in_one_sentence(
    integration: Integration, tmp_path: Path, text: str
) -> None:
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"p\.toml"):
        await Profiles(tmp_path / "p.toml", {}).choose(integration)


def test_profile_name_that_would_break_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not a valid profile name"):
        Profiles(tmp_path / "p.toml", {}).save("returnmate", Profile("a]b", None, {}))


async def test_every_profile_is_listed_once(integration: Integration, tmp_path: Path) -> None:
    place = "https://y.example.com"
    profiles = Profiles(
        tmp_path / "p.toml", {"RETURNS_RETURNMATE_API_KEY": "a", "RETURNS_RETURNMATE_BASE_URL": place}
    )
    profiles.save("returnmate", Profile("two", place, {"api_key": "b"}))
    found = [profile.name for _one, profile in await profiles.choose_all([integration])]
    assert found == ["environment", "two"]
    profiles.save("returnmate", Profile("one", place, {"api_key": "a"}))
    found = [profile.name for _one, profile in await profiles.choose_all([integration])]
    assert found == ["two", "one"], "what the environment says is one of them"
    assert [profile.name for _one, profile in await profiles.choose_all([integration], "two")] == ["two"]
    with pytest.raises(ConfigurationError, match=r'There is no profile named "tow". Did you mean "two"'):
        await profiles.choose_all([integration], "tow")


async def test_every_sandbox_vendor_is_used_without_profiles(
    integration: Integration, tmp_path: Path
) -> None:
    elsewhere = integration.model_copy(
        update={"vendor": integration.vendor.model_copy(update={"id": "other"})}
    )
    transport, _ = sandbox_answering(httpx.Response(200, json=SANDBOX))
    found = await Profiles(tmp_path / "p.toml", {}, transport).choose_all([elsewhere, integration])
    assert [(one.vendor.id, profile.name) for one, profile in found] == [("returnmate", "sandbox")]


async def test_two_shops_of_one_account_have_separate_cursors(tmp_path: Path) -> None:
    async def key(shop: str, api_key: str) -> str:
        environment = {"RETURNS_RETURNGO_API_KEY": api_key, "RETURNS_RETURNGO_SHOP_NAME": shop}
        made = compiled("returngo")
        return (await Profiles(tmp_path / "p.toml", environment).choose(made)).key(made)

    one = await key("outfitters.myshopify.example", "sandbox-first")
    assert one != await key("outlet.myshopify.example", "sandbox-first")
    assert one == await key("outfitters.myshopify.example", "sandbox-second"), (
        "a new key does not make another shop"
    )
    assert "sandbox" not in one
