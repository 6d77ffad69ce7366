"""`volley doctor` on Pipedrive and Twilio: what they refuse becomes what to correct."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.pipedrive_served import a_pipedrive
from tests.contract.twilio_seat import ACCOUNT, KEY, SERVICE, TOKEN, Seat, running_twilio
from tests.door import settings_of
from tests.simulators.pipedrive_world import World
from workers.doctor import look

pytestmark = pytest.mark.anyio

NOWHERE = "http://127.0.0.1:1"
TOKENS = "/oauth/token"
HTML = "<html>This error is produced by Cloudflare</html>"


class Clinic:
    """Both simulators, and settings that name them and nothing else."""

    def __init__(self, twilio: Seat, pipedrive: World, url: str, folder: Path) -> None:
        self.twilio, self.pipedrive = twilio, pipedrive
        self._known: dict[str, Any] = {
            "pipedrive_url": url,
            "public_url": "http://localhost:1",
            "port": 1,
            "data_dir": folder,
            "twilio_url": twilio.url,
            "twilio_account_sid": ACCOUNT,
            "twilio_auth_token": TOKEN,
            "twilio_from": "",
            "twilio_messaging_service_sid": SERVICE,
        }

    async def says(self, part: str, *, seconds: float = 30, **settings: Any) -> str:
        """The verdict and the sentence about `part`; "" where nothing is said."""
        known = {"database_url": "", **self._known, **settings}
        found = await look(settings_of(**known), seconds=seconds)
        return next((f"{one.verdict} {one.sentence}" for one in found if one.part == part), "")

    async def client(self, **settings: Any) -> str:
        return await self.says("Pipedrive app", **settings)

    async def login(self, **settings: Any) -> str:
        return await self.says("Twilio account", **settings)


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    with running_twilio() as twilio, a_pipedrive() as (world, url):
        yield Clinic(twilio, world, url, tmp_path)


# ---------------------------------------------------------------- Pipedrive


async def test_a_known_client_is_ok_and_changes_nothing(clinic: Clinic) -> None:
    assert (await clinic.client()).startswith("ok Pipedrive at http://")
    assert [call.path for call in clinic.pipedrive.calls] == [TOKENS]


async def test_a_wrong_secret_is_to_be_copied_again(clinic: Clinic) -> None:
    said = await clinic.client(pipedrive_client_secret="another-secret-0123456789abcdef!")

    assert said.startswith("FAIL Pipedrive doesn't know this client id and secret. Copy both from")


async def test_without_a_client_id_it_says_where_to_find_one(clinic: Clinic) -> None:
    said = await clinic.client(pipedrive_client_id="")

    assert said.startswith("FAIL PIPEDRIVE_CLIENT_ID and PIPEDRIVE_CLIENT_SECRET are not both set")
    assert "Developer Hub" in said
    assert not clinic.pipedrive.calls


async def test_a_pipedrive_out_of_reach(clinic: Clinic) -> None:
    said = await clinic.client(pipedrive_url=NOWHERE)

    assert said.startswith(f"FAIL {NOWHERE} doesn't answer as Pipedrive does (no answer")


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, None, "FAIL http://127.0.0.1"),
        (404, HTML, "FAIL http://127.0.0.1"),
        (200, HTML, "FAIL http://127.0.0.1"),
        (302, None, "FAIL Pipedrive refuses to talk about sign-ins"),
        (403, HTML, "warn Pipedrive asks us to wait"),
        (429, None, "warn Pipedrive asks us to wait"),
    ],
)
async def test_a_pipedrive_that_is_ill(
    clinic: Clinic, status: int, body: str | None, said: str
) -> None:
    clinic.pipedrive.fail_next(TOKENS, status, body=body)

    assert (await clinic.client()).startswith(said)


async def test_somebody_who_takes_any_token_is_not_pipedrive(clinic: Clinic) -> None:
    tokens = clinic.pipedrive.grant()
    clinic.pipedrive.fail_next(TOKENS, 200, body=tokens)

    assert "takes any token" in await clinic.client()


async def test_silence_ends_in_time(clinic: Clinic) -> None:
    clinic.pipedrive.delay(TOKENS, 30)
    started = time.monotonic()

    said = await clinic.client(seconds=0.3)

    assert said.startswith("FAIL It doesn't answer within")
    assert time.monotonic() - started < 20


async def test_short_link_secrets_verify_nothing(clinic: Clinic) -> None:
    part = "Link signatures"

    assert (await clinic.says(part)).startswith("ok Links are verified with PIPEDRIVE_CLIENT_SEC")
    own = await clinic.says(part, pipedrive_jwt_secret="short")
    assert own.startswith("FAIL PIPEDRIVE_JWT_SECRET has under 32 bytes")
    assert "short" not in own
    assert (await clinic.says(part, pipedrive_jwt_secret="j" * 32)).startswith("ok")
    assert (await clinic.says(part, pipedrive_client_secret="")).startswith("FAIL There is no")


# ---------------------------------------------------------------- Twilio


async def test_a_login_that_works_sends_nothing(clinic: Clinic) -> None:
    assert (await clinic.login()).startswith("ok Twilio at http://")
    (asked,) = clinic.twilio.world.requests
    assert (asked["method"], asked["query"]) == ("GET", {"PageSize": "1"})


async def test_an_api_key_signs_in_and_receipts_are_asked_about(clinic: Clinic) -> None:
    key: dict[str, Any] = {
        "twilio_api_key_sid": KEY[0],
        "twilio_api_key_secret": KEY[1],
        "twilio_auth_token": "",
    }

    assert (await clinic.login(**key)).startswith("ok")
    assert (await clinic.says("Twilio receipts", **key)).startswith("warn Without TWILIO_AUTH_TO")
    assert (await clinic.says("Twilio receipts")).startswith("ok")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"twilio_auth_token": "wrong"}, "FAIL Twilio refuses the sign-in (error 20003)"),
        ({"twilio_account_sid": "AC" + "9" * 32}, "FAIL Twilio refuses the sign-in (error 20003)"),
        ({"twilio_account_sid": "US123"}, "FAIL TWILIO_ACCOUNT_SID is none"),
        ({"twilio_auth_token": ""}, "FAIL There is nothing to sign in with"),
        ({"twilio_account_sid": ""}, "warn TWILIO_ACCOUNT_SID is not set"),
        ({"twilio_url": NOWHERE}, f"FAIL {NOWHERE} doesn't answer as Twilio does (Not connected"),
    ],
)
async def test_a_login_that_fails(clinic: Clinic, settings: dict[str, str], said: str) -> None:
    found = await clinic.login(**settings)

    assert found.startswith(said)
    assert "wrong" not in found


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (500, 20500, "FAIL http://127.0.0.1"),
        (429, 20429, "warn Twilio asks us to wait"),
        (403, 20003, "FAIL Twilio refuses the sign-in"),
    ],
)
async def test_a_twilio_that_is_ill(clinic: Clinic, status: int, code: int, said: str) -> None:
    clinic.twilio.world.fail_next(status, code, on="list")

    assert (await clinic.login()).startswith(said)


async def test_a_silent_twilio_ends_in_time(clinic: Clinic) -> None:
    clinic.twilio.world.hang_next(on="list")

    assert (await clinic.login(seconds=0.3)).startswith("FAIL It doesn't answer within")


@pytest.mark.parametrize(
    ("service", "number", "said"),
    [
        (SERVICE, "", "ok The Messaging Service sends"),
        ("", "+37255500001", "ok +37255500001 sends"),
        ("", "", "FAIL Nothing sends yet"),
        ("MG123", "", "FAIL TWILIO_MESSAGING_SERVICE_SID is none"),
        ("", "5550001", "warn TWILIO_FROM is no number like"),
    ],
)
async def test_something_must_send(clinic: Clinic, service: str, number: str, said: str) -> None:
    found = await clinic.says(
        "Twilio sender", twilio_messaging_service_sid=service, twilio_from=number
    )

    assert found.startswith(said)


@pytest.mark.parametrize(
    ("companies", "said"),
    [
        ("", "ok Only the first company"),
        ("*", "ok Every company may send"),
        ("7,8", "ok 2 named in TWILIO_COMPANIES may send"),
        ("seven", "FAIL TWILIO_COMPANIES='seven': write * or ids"),
    ],
)
async def test_who_may_send_is_said(clinic: Clinic, companies: str, said: str) -> None:
    found = await clinic.says("Twilio companies", twilio_companies=companies)

    assert found.startswith(said)


async def test_without_an_account_nothing_more_is_said_of_twilio(clinic: Clinic) -> None:
    for part in ("Twilio sender", "Twilio receipts", "Twilio companies"):
        assert await clinic.says(part, twilio_account_sid="") == ""
