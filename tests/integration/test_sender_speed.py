"""How fast a company's sender sends: typed in its settings, kept by every worker, said in drafts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.counter import ACCOUNT, NUMBER, SERVICE, TOKEN, words
from tests.desk import BROWSER, COLLEAGUE, Desk, a_desk, explains, id_of, install, refused
from tests.line import Line, a_line
from workers.domain.action import Chosen
from workers.domain.delivery import State
from workers.runtime import open_runtime
from workers.sender import Sender

pytestmark = pytest.mark.anyio
PEOPLE = 60


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    given = {"digits": False}
    async with a_line(database_url, people=60, twilio=given, twilio_account_sid="") as line:
        yield line


@pytest.fixture
async def desk(line: Line) -> AsyncIterator[Desk]:
    """An admin whose company has just connected its account."""
    async with a_desk(line) as desk:
        await desk.prove()
        await connect(desk, NUMBER)
        yield desk


async def connect(desk: Desk, sender: str) -> None:
    await desk.post("/settings", BROWSER, section="connect", account_sid=ACCOUNT, auth_token=TOKEN)
    answer = await desk.post("/settings", BROWSER, section="sender", listed=sender)
    assert answer.status_code == 303, answer.text


async def agree(desk: Desk, typed: str, *, origin: str = NUMBER) -> None:
    answer = await desk.post("/settings", BROWSER, section="speed", speed=typed, origin=origin)
    assert answer.status_code == 303, answer.text
    assert "✓ Saved." in words(await desk.get(answer.headers["location"], BROWSER))


async def agreed(desk: Desk) -> float | None:
    account: dict[str, float | None] = (await desk.get("/settings")).json()["twilio"]
    return account["texts_a_second"]


async def test_the_settings_say_what_is_usual_and_keep_what_was_agreed(desk: Desk) -> None:
    assert await agreed(desk) is None
    page = words(await desk.get("/settings", BROWSER))
    assert "Empty = what is usual: 1 a second from one long code." in page

    await agree(desk, "3,75")

    assert await agreed(desk) == 3.75
    assert 'value="3.75"' in (await desk.get("/settings", BROWSER)).text
    await agree(desk, "")
    assert await agreed(desk) is None


async def test_what_is_no_speed_changes_nothing_and_is_shown_again(desk: Desk) -> None:
    answer = await desk.post("/settings", BROWSER, section="speed", speed="fast", origin=NUMBER)

    assert 'value="fast"' in explains(answer, 422, "“fast” doesn't fit here.")
    assert await agreed(desk) is None


async def test_only_admins_say_how_fast(line: Line, desk: Desk) -> None:
    await install(line, COLLEAGUE)
    async with a_desk(line, COLLEAGUE) as other:
        await refused(
            other,
            lambda kind: other.post("/settings", kind, section="speed", speed="5", origin=NUMBER),
            403,
            "not_admin",
        )


async def test_a_speed_belongs_to_the_sender_that_was_shown(desk: Desk) -> None:
    await agree(desk, "20")
    await connect(desk, NUMBER)  # a new login
    assert await agreed(desk) == 20

    await connect(desk, SERVICE)
    late = await desk.post("/settings", BROWSER, section="speed", speed="9", origin=NUMBER)

    explains(late, 409, "Texts are sent from another sender by now.")
    assert await agreed(desk) is None


async def test_a_draft_says_how_long_it_takes_at_that_speed(desk: Desk) -> None:
    batch = await desk.found(Chosen(tuple(range(1, PEOPLE + 1))))
    usual = (await desk.post(f"{batch}/draft", revision=1, body="We open at nine.")).json()
    await agree(desk, "0.2")

    slow = (await desk.post(f"{batch}/draft", revision=2, body="We open at ten.")).json()

    people = (await desk.seen(batch))["people"]
    assert isinstance(people, int)
    assert (usual["cost"]["seconds"], slow["cost"]["seconds"]) == (people, 5 * people)
    assert "at 0.2 texts a second from one long code" in slow["html"]["cost"]


async def test_two_workers_share_the_speed_and_hear_of_another_one_within_a_second(
    line: Line, desk: Desk
) -> None:
    await agree(desk, "1")
    batch = await desk.found(Chosen(tuple(range(1, PEOPLE + 1))))
    loop = asyncio.get_running_loop()
    async with open_runtime(line.settings) as runtime:
        other = Sender(runtime)
        running = loop.create_task(other.run())
        seen = await desk.seen(batch)
        await desk.post(f"{batch}/send", body="We open at nine.", **seen)
        await line.until(id_of(batch), lambda _: line.twilio.accepted)

        before, begun = len(line.twilio.accepted), loop.time()
        enough = before + 12  # not sharing, they would hand over twelve in six seconds
        await line.until(id_of(batch), lambda _: len(line.twilio.accepted) >= enough, seconds=60)
        slowly, seconds = len(line.twilio.accepted), loop.time() - begun
        begun = loop.time()
        await agree(desk, "")
        await line.until(
            id_of(batch), lambda view: view.counts[State.DELIVERED] == seen["people"], seconds=60
        )
        rest = loop.time() - begun
        await other.drain(seconds=30)
        await running

    assert slowly - before <= seconds + 5  # 1 a second, and room for a machine that stood still
    assert isinstance(seen["people"], int)
    assert rest < (seen["people"] - slowly) / 2  # the others would have taken twice as long
