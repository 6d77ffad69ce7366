"""A rep's token goes to Pipedrive and to nobody else (S8)."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from tests.contract.pipedrive_served import settings_for
from tests.fakes_pipedrive import a_tokens
from tests.simulators.pipedrive_world import World
from workers.domain.errors import Misconfigured
from workers.providers.pipedrive_http import api_origin
from workers.providers.pipedrive_oauth import PipedriveIdentities

pytestmark = pytest.mark.anyio

HOSTILE = [
    "https://acme.pipedrive.com.evil.test",
    "https://evil.test/acme.pipedrive.com",
    "https://evil.test/.pipedrive.com",
    "https://evil.test#.pipedrive.com",
    "https://evil.test?.pipedrive.com",
    "https://user@evil.test",
    "https://user@acme.pipedrive.com",
    "https://evil.test\\.pipedrive.com",
    "https://acme.pipedrive.com:8443",
    "https://acme.pipedrive.com/",
    "https://acme.pipedrive.com/path",
    "https://acme.pipedrive.com\n",
    "\nhttps://acme.pipedrive.com",
    " https://acme.pipedrive.com",
    "http://acme.pipedrive.com",
    "//acme.pipedrive.com",
    "acme.pipedrive.com",
    "https://pipedrive.com",
    "https://.pipedrive.com",
    "https://a.b.pipedrive.com",
    "https://-a.pipedrive.com",
    "https://acme.pipedrive。com",
    "https://acme．pipedrive.com",
    "https://acme.pıpedrive.com",
    "https://acme.pipedrive.com\u200b",
    "https://169.254.169.254",
    "https://[::1]",
    "https://2130706433",
    "file:///etc/passwd",
    "",
]


@pytest.mark.parametrize("api_domain", HOSTILE)
async def test_an_address_that_is_not_a_companys_own_never_gets_a_token(
    api_domain: str, http: httpx.AsyncClient
) -> None:
    identities = PipedriveIdentities(settings_for(""), http)
    with pytest.raises(Misconfigured) as refused:
        await identities.me(replace(a_tokens(), api_domain=api_domain))
    assert refused.value.code == "api_domain"


@pytest.mark.parametrize(
    "api_domain",
    [
        "https://acme.pipedrive.com",
        "https://ACME-2.Pipedrive.com",
        "https://xn--e1afmk.pipedrive.com",
    ],
)
async def test_a_companys_own_address_is_used_in_lower_case(api_domain: str) -> None:
    assert api_origin(settings_for(""), api_domain) == api_domain.lower()


async def test_a_token_answer_with_a_foreign_address_is_refused() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        body = {"access_token": "a", "refresh_token": "r", "expires_in": 3600}
        return httpx.Response(200, json=body | {"api_domain": "https://evil.test"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        with pytest.raises(Misconfigured) as refused:
            await PipedriveIdentities(settings_for(""), http).exchange("code")
    assert refused.value.code == "api_domain"


async def test_a_redirect_is_not_followed_even_by_a_client_that_would(
    world: World, served: tuple[World, str]
) -> None:
    world.fail_next("/api/v1/users/me", 302, headers={"location": f"{served[1]}/oauth/token"})
    async with httpx.AsyncClient(follow_redirects=True) as eager:
        with pytest.raises(Misconfigured) as refused:
            await PipedriveIdentities(settings_for(served[1]), eager).me(a_tokens())
    assert refused.value.code == "302"
    assert world.calls_to("/oauth") == []


@pytest.mark.parametrize(
    ("domain", "kept"),
    [("Acme-2", "acme-2"), ("evil.test/x?", ""), ("a@evil.test#", ""), ("-a", ""), ("a\n", "a")],
)
async def test_a_companys_domain_is_one_label_or_nothing(
    world: World, served: tuple[World, str], http: httpx.AsyncClient, domain: str, kept: str
) -> None:
    """Links to people are built with it."""
    data = {"id": 7, "company_id": 42, "company_domain": domain}
    world.fail_next("/api/v1/users/me", 200, body={"success": True, "data": data})
    identities = PipedriveIdentities(settings_for(served[1]), http)
    assert (await identities.me(a_tokens())).company_domain == kept
