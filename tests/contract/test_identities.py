"""The OAuth adapter against the simulated Pipedrive, over a real socket."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from tests.contract.pipedrive_served import (
    CLIENT_ID,
    CLIENT_SECRET,
    PUBLIC_URL,
    settings_for,
)
from tests.fakes_pipedrive import a_tokens
from tests.simulators.pipedrive_world import World
from workers.domain.errors import Misconfigured, Throttled, Unavailable
from workers.ports.outside import User
from workers.providers.pipedrive_oauth import PipedriveIdentities

pytestmark = pytest.mark.anyio


@pytest.fixture
def identities(
    world: World, served: tuple[World, str], http: httpx.AsyncClient
) -> PipedriveIdentities:
    return PipedriveIdentities(settings_for(served[1], pipedrive_timeout=2), http)


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


# ---------------------------------------------------------------- signing in


async def test_a_rep_who_consents_comes_back_with_a_code_and_our_state(
    identities: PipedriveIdentities, http: httpx.AsyncClient
) -> None:
    answer = await http.get(identities.authorize_url("st&te"))
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == f"{PUBLIC_URL}/oauth/callback"
    assert parse_qs(back.query)["state"] == ["st&te"]
    tokens = await identities.exchange(parse_qs(back.query)["code"][0])
    assert (await identities.me(tokens)).user_id == 7


async def test_without_pipedrive_url_the_consent_page_is_the_real_one(
    http: httpx.AsyncClient,
) -> None:
    url = PipedriveIdentities(settings_for(""), http).authorize_url("s")
    assert url.startswith(f"https://oauth.pipedrive.com/oauth/authorize?client_id={CLIENT_ID}&")
    assert parse_qs(urlsplit(url).query)["redirect_uri"] == [f"{PUBLIC_URL}/oauth/callback"]


async def test_a_code_becomes_tokens_and_they_say_who_it_is(
    identities: PipedriveIdentities, world: World
) -> None:
    tokens = await identities.exchange(world.grant_code())
    assert tokens.access_token
    assert tokens.refresh_token
    assert tokens.expires_in == 3599
    assert tokens.api_domain == world.self_url
    assert "contacts:read" in tokens.scope
    assert await identities.me(tokens) == User(
        company_id=42,
        user_id=7,
        name="Mari Maasikas",
        company_name="Demo OÜ",
        company_domain="demo",
        country="EE",
        timezone="Europe/Tallinn",
        is_admin=False,
    )


async def test_a_companys_admin_is_known_as_one(
    identities: PipedriveIdentities, world: World
) -> None:
    tokens = await identities.exchange(world.grant_code(user_id=8))
    assert (await identities.me(tokens)).is_admin


async def test_a_zone_that_is_none_is_read_as_utc(
    identities: PipedriveIdentities, world: World
) -> None:
    data = {"id": 7, "company_id": 42, "timezone_name": "../etc/passwd", "access": None}
    world.fail_next("/api/v1/users/me", 200, body={"success": True, "data": data})
    assert await identities.me(a_tokens()) == User(42, 7)


async def test_a_code_works_once(identities: PipedriveIdentities, world: World) -> None:
    code = world.grant_code()
    await identities.exchange(code)
    with pytest.raises(Misconfigured) as refused:
        await identities.exchange(code)
    assert refused.value.code == "invalid_grant"


async def test_a_code_is_too_old_after_five_minutes(
    identities: PipedriveIdentities, world: World
) -> None:
    code = world.grant_code()
    world.advance(301)
    with pytest.raises(Misconfigured) as refused:
        await identities.exchange(code)
    assert refused.value.code == "invalid_grant"


async def test_a_wrong_client_secret_is_ours_to_fix_and_ends_no_installation(
    world: World, served: tuple[World, str], http: httpx.AsyncClient
) -> None:
    settings = settings_for(served[1]).model_copy(update={"pipedrive_client_id": "somebody else"})
    with pytest.raises(Misconfigured) as refused:
        await PipedriveIdentities(settings, http).exchange(world.grant_code())
    assert refused.value.code == "invalid_client"


# ---------------------------------------------------------------- refreshing and ending


async def test_a_refresh_gives_a_new_access_token(
    identities: PipedriveIdentities, world: World
) -> None:
    before = await identities.exchange(world.grant_code())
    world.expire_tokens()
    with pytest.raises(Misconfigured) as refused:
        await identities.me(before)
    assert refused.value.code == "401"
    after = await identities.refresh(before.refresh_token)
    assert after.access_token != before.access_token
    assert (await identities.me(after)).company_id == 42


async def test_a_refresh_token_that_was_exchanged_is_gone(
    identities: PipedriveIdentities, world: World
) -> None:
    world.rotate_refresh_tokens = True
    before = await identities.exchange(world.grant_code())
    after = await identities.refresh(before.refresh_token)
    assert after.refresh_token != before.refresh_token
    with pytest.raises(Misconfigured) as refused:
        await identities.refresh(before.refresh_token)
    assert refused.value.code == "invalid_grant"


async def test_revoking_the_refresh_token_uninstalls_the_app(
    identities: PipedriveIdentities, world: World
) -> None:
    tokens = await identities.exchange(world.grant_code())
    await identities.revoke(tokens.refresh_token)
    assert (42, 7) not in world.grants
    await identities.revoke(tokens.refresh_token)  # an unknown token is no error


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_fault_at_pipedrive_is_worth_another_try(
    identities: PipedriveIdentities, world: World, status: int
) -> None:
    world.fail_next("/oauth/token", status)
    with pytest.raises(Unavailable):
        await identities.refresh("whatever")


async def test_a_dropped_connection_is_worth_another_try(
    identities: PipedriveIdentities, world: World
) -> None:
    world.fail_next("/oauth/token", 0)
    with pytest.raises(Unavailable) as lost:
        await identities.refresh("whatever")
    assert lost.value.code == "network"


async def test_a_slow_answer_is_not_waited_for_for_ever(
    world: World, served: tuple[World, str], http: httpx.AsyncClient
) -> None:
    hasty = PipedriveIdentities(settings_for(served[1], pipedrive_timeout=1), http)
    world.delay("/oauth/token", 30)
    with pytest.raises(Unavailable) as slow:
        await hasty.refresh("whatever")
    world.delay("/oauth/token", 0)
    assert slow.value.code == "timeout"


async def test_too_many_sign_ins_wait_as_asked(
    identities: PipedriveIdentities, world: World
) -> None:
    world.fail_next("/oauth/token", 429, headers={"retry-after": "7"})
    with pytest.raises(Throttled) as wait:
        await identities.refresh("whatever")
    assert wait.value.after == 7


@pytest.mark.parametrize("body", ["<html>hello</html>", {}, {"access_token": "a"}, []])
async def test_a_token_answer_that_is_none_is_worth_another_try(
    identities: PipedriveIdentities, world: World, body: object
) -> None:
    world.fail_next("/oauth/token", 200, body=body)
    with pytest.raises(Unavailable):
        await identities.refresh("whatever")


async def test_no_error_repeats_a_token(identities: PipedriveIdentities) -> None:
    with pytest.raises(Misconfigured) as refused:
        await identities.refresh("very-secret-refresh-token")
    assert "very-secret" not in f"{refused.value!r} {refused.value}"


# ---------------------------------------------------------------- who uninstalls


@pytest.mark.parametrize(
    ("header", "is_ours"),
    [
        (basic(CLIENT_ID, CLIENT_SECRET), True),
        (basic(CLIENT_ID, CLIENT_SECRET).replace("Basic", "basic"), True),
        (basic(CLIENT_ID, "wrong"), False),
        (basic("other", CLIENT_SECRET), False),
        (basic("", ""), False),
        (basic(CLIENT_ID, CLIENT_SECRET).replace("Basic", "Bearer"), False),
        (basic(CLIENT_ID, CLIENT_SECRET) + "=", False),
        ("Basic", False),
        ("Basic ü€", False),
        ("", False),
    ],
)
async def test_only_pipedrive_can_say_that_the_app_was_uninstalled(
    identities: PipedriveIdentities, header: str, is_ours: bool
) -> None:
    assert identities.is_uninstall(header) is is_ours


async def test_an_app_without_a_secret_believes_nobody(http: httpx.AsyncClient) -> None:
    nobody = {"pipedrive_client_id": "", "pipedrive_client_secret": SecretStr("")}
    identities = PipedriveIdentities(settings_for("").model_copy(update=nobody), http)
    assert not identities.is_uninstall(basic("", ""))
