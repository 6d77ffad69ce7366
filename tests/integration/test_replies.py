"""STOP and START at the door: whom they concern, once each, whoever else may wish so (S19)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import httpx
import psycopg
import pytest

from tests.door import PUBLIC_URL, TWILIO, Browser, Door
from tests.integration.test_receipt_route import post, signature
from workers.domain.suppression import hashed
from workers.ports.company import Senders
from workers.ports.outside import Account

pytestmark = pytest.mark.anyio
URL = f"{PUBLIC_URL}/twilio/inbound"
NUMBER, OTHER = "+37255512345", "+37255512346"
OURS, THEIRS = "+37255500001", "+37255500002"
A = Account("AC" + "a" * 32, "AC" + "a" * 32, "token-of-a", ("token-of-a",))
B = Account("AC" + "b" * 32, "AC" + "b" * 32, "token-of-b", ("token-of-b",))
_sids = count(1)


@dataclass(frozen=True, slots=True)
class Lobby:
    """The door, somebody at Twilio's side of it, and the database behind."""

    browser: Browser
    door: Door
    database: psycopg.AsyncConnection[Any]

    async def says(
        self,
        body: str,
        *,
        number: str = NUMBER,
        to: str = OURS,
        account: tuple[str, str] = TWILIO,
        sid: str = "",
        **more: str,
    ) -> httpx.Response:
        """Somebody's text, as Twilio signs and posts it; `account` = SID and the signing token."""
        form = {
            "MessageSid": sid or f"SM{next(_sids):032x}",
            "AccountSid": account[0],
            "From": number,
            "To": to,
            "Body": body,
            "SmsStatus": "received",
            **more,
        }
        pairs = list(form.items())
        return await post(self.browser, URL, pairs, signature(URL, pairs, account[1]))

    async def sql(self, text: str, *given: object) -> list[tuple[Any, ...]]:
        cursor = await self.database.execute(text.encode(), given)
        return await cursor.fetchall() if cursor.description else []

    async def opted_out(self) -> set[tuple[int, str]]:
        """Who is texted no more, by which company."""
        found = await self.sql(
            "SELECT company_id, number FROM known_numbers WHERE reason = 'opted_out'"
        )
        return {(row[0], row[1]) for row in found}

    async def noted(self) -> list[str]:
        return [row[0] for row in await self.sql("SELECT what FROM audit ORDER BY id")]

    async def texted(
        self, company_id: int, *, number: str = NUMBER, account: str = TWILIO[0], sender: str = OURS
    ) -> None:
        """A company once texted that number."""
        [(batch_id,)] = await self.sql(
            "INSERT INTO batches (id, company_id, user_id, resource, view, selection)"
            " VALUES (gen_random_uuid(), %s, 7, 'person', 'list', '{}') RETURNING id",
            company_id,
        )
        [(recipient_id,)] = await self.sql(
            "INSERT INTO recipients (batch_id, number, state) VALUES (%s, %s, 'delivered')"
            " RETURNING id",
            batch_id,
            number,
        )
        await self.sql(
            "INSERT INTO attempts (id, recipient_id, batch_id, company_id, account_sid, sender,"
            " number, body_hash, state)"
            " VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s, '', 'delivered')",
            *(recipient_id, batch_id, company_id, account, sender, number),
        )

    async def connects(self, company_id: int, account: Account, sender: str = OURS) -> None:
        own = self.door.runtime.own_accounts
        await own.keep(company_id, account, Senders(), by=7)
        assert await own.choose(company_id, account.account_sid, sender=sender)


@pytest.fixture
async def lobby(door: Door, browser: Browser) -> AsyncIterator[Lobby]:
    """Company 42 came first, so the operator's account is its own; 43 is there too."""
    url = door.runtime.settings.postgres_url
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as database:
        lobby = Lobby(browser, door, database)
        for company_id in (42, 43):
            await lobby.sql("INSERT INTO companies (company_id) VALUES (%s)", company_id)
        yield lobby


async def test_stop_is_kept_and_start_takes_it_back(lobby: Lobby) -> None:
    assert (await lobby.says("Stop!")).status_code == 200
    assert await lobby.opted_out() == {(42, NUMBER)}

    assert (await lobby.says("START")).status_code == 200

    assert await lobby.opted_out() == set()
    assert await lobby.noted() == ["opted_out", "opted_in"]


async def test_of_a_reply_only_the_keyword_is_kept(lobby: Lobby) -> None:
    await lobby.says("please stop, my secret is 1234")
    kept = str(await lobby.sql("SELECT to_jsonb(k), to_jsonb(a) FROM known_numbers k, audit a"))
    assert "PLEASE STOP" in kept
    assert "1234 " not in kept.replace(NUMBER, "")
    assert "secret" not in kept


async def test_a_reply_without_a_keyword_leaves_no_trace(lobby: Lobby) -> None:
    assert (await lobby.says("See you on Monday")).status_code == 200
    assert (await lobby.opted_out(), await lobby.noted()) == (set(), [])


async def test_the_same_reply_again_changes_nothing(lobby: Lobby) -> None:
    """Twilio repeats a post, or somebody replays one."""
    stop, start = "SM" + "1" * 32, "SM" + "2" * 32
    await lobby.says("STOP", sid=stop)
    await lobby.says("START", sid=start)
    await lobby.says("STOP", sid=stop)
    assert await lobby.opted_out() == set()
    await lobby.says("STOP")
    await lobby.says("START", sid=start)
    assert await lobby.opted_out() == {(42, NUMBER)}
    assert await lobby.noted() == ["opted_out", "opted_in", "opted_out"]


async def test_stop_counts_for_a_number_that_was_only_a_landline(lobby: Lobby) -> None:
    await lobby.sql(
        "INSERT INTO known_numbers (company_id, channel, number, reason)"
        " VALUES (42, 'sms', %s, 'landline')",
        NUMBER,
    )
    await lobby.says("STOP")
    assert await lobby.opted_out() == {(42, NUMBER)}


async def test_a_companys_own_account_stops_for_that_company_alone(lobby: Lobby) -> None:
    await lobby.connects(42, A)
    await lobby.connects(43, B, THEIRS)
    await lobby.texted(42)
    await lobby.texted(43, account=B.account_sid, sender=THEIRS)

    await lobby.says("STOP", account=(B.account_sid, "token-of-b"), to=THEIRS)

    assert await lobby.opted_out() == {(43, NUMBER)}


@pytest.mark.parametrize("body", ["STOP", "START"])
async def test_a_company_cannot_speak_for_anothers_account(lobby: Lobby, body: str) -> None:
    """With its own token under the other's SID, and the other way round."""
    await lobby.connects(42, A)
    await lobby.connects(43, B, THEIRS)
    await lobby.says("STOP", account=(A.account_sid, "token-of-a"), number=OTHER)
    for forged in ((A.account_sid, "token-of-b"), (TWILIO[0], "token-of-b"), ("", "token-of-b")):
        answer = await lobby.says(body, account=forged, number=OTHER)
        assert answer.status_code == 403
    assert await lobby.opted_out() == {(42, OTHER)}
    assert await lobby.noted() == ["opted_out"]


async def test_start_of_one_companys_account_undoes_nothing_of_another(lobby: Lobby) -> None:
    await lobby.connects(42, A)
    await lobby.connects(43, B, THEIRS)
    await lobby.texted(42, account=B.account_sid, sender=THEIRS)
    await lobby.says("STOP", account=(A.account_sid, "token-of-a"))
    await lobby.says("START", account=(B.account_sid, "token-of-b"), to=THEIRS)
    assert await lobby.opted_out() == {(42, NUMBER)}


async def test_two_companies_on_one_account_are_told_apart_by_the_sender(lobby: Lobby) -> None:
    for company_id, sender in ((42, OURS), (43, THEIRS)):
        await lobby.connects(company_id, A, sender)
        await lobby.texted(company_id, account=A.account_sid, sender=sender)
    await lobby.says("STOP", account=(A.account_sid, "token-of-a"), to=THEIRS)
    assert await lobby.opted_out() == {(43, NUMBER)}
    await lobby.says("STOP", account=(A.account_sid, "token-of-a"), to="+37255500009")
    assert await lobby.opted_out() == {(42, NUMBER), (43, NUMBER)}


async def test_an_account_whose_token_we_do_not_know_proves_nothing(lobby: Lobby) -> None:
    await lobby.connects(42, replace(A, auth_tokens=()))
    for token in ("", "token-of-a"):
        assert (await lobby.says("STOP", account=(A.account_sid, token))).status_code == 403
    assert await lobby.opted_out() == set()


async def test_an_account_that_was_let_go_is_still_heard(lobby: Lobby) -> None:
    await lobby.connects(42, A)
    await lobby.connects(42, B)
    assert (await lobby.says("STOP", account=(A.account_sid, "token-of-a"))).status_code == 200
    assert await lobby.opted_out() == {(42, NUMBER)}


async def test_start_finds_what_was_hashed_when_the_company_was_forgotten(lobby: Lobby) -> None:
    key = lobby.door.runtime.settings.secret_keys[0]
    for number in (NUMBER, OTHER):
        await lobby.sql(
            "INSERT INTO known_numbers (company_id, channel, number, reason)"
            " VALUES (42, 'sms', %s, 'opted_out')",
            hashed(key, number, company_id=42, channel="sms"),
        )
    await lobby.says("START")
    assert await lobby.opted_out() == {(42, hashed(key, OTHER, company_id=42, channel="sms"))}


async def test_a_channel_is_left_by_itself(lobby: Lobby) -> None:
    await lobby.says("STOP", number=f"whatsapp:{NUMBER}")
    assert await lobby.sql("SELECT channel FROM known_numbers") == [("whatsapp",)]
    await lobby.says("START")
    assert await lobby.opted_out() == {(42, NUMBER)}
