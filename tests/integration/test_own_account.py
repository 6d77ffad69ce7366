"""A company sends with its own Twilio account: nothing before, its own tokens on every receipt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from tests.counter import ACCOUNT, NUMBER, SERVICE, TOKEN
from tests.desk import BROWSER, Desk, a_desk, explains, id_of
from tests.integration.test_receipt_route import signature
from tests.line import REP, Line, a_line
from workers.domain.action import Chosen
from workers.domain.delivery import State
from workers.ports.company import Senders
from workers.ports.outside import Account
from workers.stages.watch import tidy
from workers.store.company_accounts import FRESH_SECONDS

pytestmark = pytest.mark.anyio
OTHER, OTHER_TOKEN = "AC" + "7" * 32, "another-token-0123456789"


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    """A line whose operator has no account."""
    async with a_line(database_url, people=10, twilio_account_sid="", silence="3h") as line:
        yield line


@pytest.fixture
async def desk(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        await desk.prove()
        yield desk


async def connect(desk: Desk, sender: str = NUMBER) -> None:
    """As an admin does on the page, in another process than the sender's."""
    await desk.post("/settings", BROWSER, section="connect", account_sid=ACCOUNT, auth_token=TOKEN)
    answer = await desk.post("/settings", BROWSER, section="sender", listed=sender)
    assert answer.status_code == 303, answer.text


async def send(desk: Desk, batch: str) -> UUID:
    answer = await desk.post(f"{batch}/send", body="Hello", **await desk.seen(batch))
    assert answer.status_code == 202, answer.text
    return id_of(batch)


async def test_without_an_account_a_text_is_written_but_not_sent(line: Line, desk: Desk) -> None:
    batch = await desk.found()

    page = explains(await desk.get(batch, BROWSER), 200, "hasn't connected its text account yet")
    answer = await desk.post(f"{batch}/send", BROWSER, body="Hello", **await desk.seen(batch))

    assert 'href="/settings?company=42#twilio">Connect Twilio' in page
    explains(answer, 409, "hasn't connected its text account yet.", REP.name)
    assert (await line.view(id_of(batch))).life.confirmed_at is None


async def test_once_connected_send_works_within_seconds(line: Line, desk: Desk) -> None:
    batch = await desk.found()
    await desk.get(batch, BROWSER)  # every process has seen that there is none
    assert await line.runtime.accounts.of(42) is None

    await connect(desk)
    batch_id = await send(desk, batch)

    await line.until(batch_id, lambda view: view.counts[State.DELIVERED] == 2)
    assert {text["from"] for text in line.twilio.accepted} == {NUMBER}


async def test_another_sender_is_used_by_a_running_worker(line: Line, desk: Desk) -> None:
    await connect(desk)
    first = await send(desk, await desk.found())
    await line.until(first, lambda view: view.counts[State.DELIVERED] == 2)

    await desk.post("/settings", BROWSER, section="resender")
    await desk.post("/settings", BROWSER, section="sender", listed=SERVICE)
    await asyncio.sleep(FRESH_SECONDS + 0.1)  # what a running process may still send with

    second = await send(desk, await desk.found(Chosen((3, 4))))
    await line.until(second, lambda view: view.counts[State.DELIVERED] == 2)
    assert [text["from"] for text in line.twilio.accepted] == [NUMBER, NUMBER, SERVICE, SERVICE]


async def test_receipts_are_checked_with_the_companys_own_token(line: Line, desk: Desk) -> None:
    await connect(desk)
    line.twilio.callbacks = False
    batch_id = await send(desk, await desk.found())
    await line.until(batch_id, lambda view: view.counts[State.ACCEPTED] == 2)
    text = line.twilio.accepted[0]
    url = text["status_callback"].partition("#")[0]
    form = [("AccountSid", ACCOUNT), ("MessageSid", text["sid"]), ("MessageStatus", "delivered")]

    async def told(token: str) -> int:
        signed = {"X-Twilio-Signature": signature(url, form, token)}
        return (await desk.http.post(url, data=dict(form), headers=signed)).status_code

    assert await told("twilio-auth-token-0123456789abcdef") == 403
    assert await told(TOKEN) == 204
    await line.until(batch_id, lambda view: view.counts[State.DELIVERED] == 1)


async def leave(line: Line) -> None:
    """The company sends with another account from now on."""
    own = line.runtime.own_accounts
    await own.keep(42, Account(OTHER, OTHER, OTHER_TOKEN, (OTHER_TOKEN,)), Senders(), by=7)
    assert await own.choose(42, OTHER, sender="+37255500009")
    account = await line.runtime.accounts.of(42)
    assert account is not None
    assert account.account_sid == OTHER


async def test_receipts_of_the_account_before_are_still_taken(line: Line, desk: Desk) -> None:
    await connect(desk)
    line.twilio.callbacks = False
    batch_id = await send(desk, await desk.found())
    await line.until(batch_id, lambda view: view.counts[State.ACCEPTED] == 2)
    await leave(line)
    await asyncio.sleep(FRESH_SECONDS + 0.1)  # the door knows of it too

    sids = [text["sid"] for text in line.twilio.accepted]
    told = [asyncio.wrap_future(line.twilio.report(sid, "delivered")) for sid in sids]

    assert await asyncio.gather(*told) == [204, 204]


async def test_texts_of_the_account_before_are_looked_up_there(
    line: Line, desk: Desk, database_url: str
) -> None:
    await connect(desk)
    line.twilio.callbacks = False
    batch_id = await send(desk, await desk.found())
    await line.until(batch_id, lambda view: view.counts[State.ACCEPTED] == 2)
    await leave(line)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE attempts SET next_look_at = now()")

    await line.until(batch_id, lambda view: view.counts[State.DELIVERED] == 2)


async def test_a_login_that_was_let_go_is_deleted_in_the_end(line: Line, desk: Desk) -> None:
    await connect(desk)
    await desk.post("/settings", BROWSER, section="disconnect")
    own = line.runtime.own_accounts

    await tidy(line.runtime)
    kept = await own.former(42)
    await own.forget_former(timedelta(days=-1))

    assert [account.account_sid for account in kept] == [ACCOUNT]
    assert await own.former(42) == []


async def test_a_login_copied_to_another_company_does_not_open(line: Line, desk: Desk) -> None:
    """S11: a swapped row is refused."""
    await connect(desk)
    copy = """
        INSERT INTO company_accounts (company_id, role, account_sid, username, secrets, sender,
            connected_by)
        SELECT 43, role, account_sid, username, secrets, sender, connected_by FROM company_accounts
    """
    async with await psycopg.AsyncConnection.connect(line.settings.postgres_url) as connection:
        await connection.execute(copy)

    assert await line.runtime.accounts.of(42) is not None
    assert await line.runtime.accounts.of(43) is None
