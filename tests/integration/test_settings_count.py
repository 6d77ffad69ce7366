"""What an admin sets counts: the country for numbers, the supporter for texts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest

from tests.desk import BROWSER, COLLEAGUE, Desk, a_desk, a_quiet_line, explains, id_of
from tests.line import Line
from workers.domain.action import Chosen

pytestmark = pytest.mark.anyio
BRITISH = "07400 123456"


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    async with a_quiet_line(database_url, people=10) as line:
        yield line


@pytest.fixture
async def desk(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        await desk.prove()
        yield desk


async def test_a_link_alone_opens_texts_but_no_settings(line: Line) -> None:
    """Its token lives for a while, and who clicked it may have lost the right since."""
    async with a_desk(line) as desk:
        before = await desk.get("/settings", BROWSER)
        refused = await desk.post("/settings", section="country", country="GB")
        choices = await line.runtime.companies.choices(42)
        await desk.prove()
        after = await desk.get("/settings", BROWSER)
        await desk.sign_in()  # by another link
        still = await desk.get("/settings", BROWSER)

    assert (before.status_code, refused.status_code, choices.country) == (401, 401, "")
    assert (after.status_code, still.status_code) == (200, 200)


async def test_who_may_have_left_the_company_sees_no_colleagues_texts(
    line: Line, desk: Desk
) -> None:
    """Pipedrive took their tokens back; signing in again gives them back."""
    url = line.settings.postgres_url
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("UPDATE installations SET reauth_required = true")
    support, settings = await desk.get("/support", BROWSER), await desk.get("/settings", BROWSER)
    await desk.prove()

    assert (support.status_code, settings.status_code) == (303, 401)
    assert "authorize" in support.headers["location"]
    assert (await desk.get("/support", BROWSER)).status_code == 200


async def number_of(line: Line, desk: Desk, person_id: int) -> str | None:
    batch = await desk.found(Chosen((person_id,)))
    [row], _ = await line.runtime.rows.page(id_of(batch))
    return row.number


async def test_numbers_are_read_in_the_chosen_country(line: Line, desk: Desk) -> None:
    phones = [{"value": BRITISH, "primary": True, "label": "mobile"}]
    person = line.pipedrive.add_person(name="Brit", phones=phones)["id"]
    before = await number_of(line, desk, person)

    await desk.post("/settings", BROWSER, section="country", country="GB")
    chosen = await number_of(line, desk, person)
    await desk.post("/settings", BROWSER, section="country", country="")

    assert chosen == "+447400123456"
    assert before != chosen
    assert await number_of(line, desk, person) == before


async def test_a_named_colleague_reads_pauses_and_stops_but_sends_nothing(
    line: Line, desk: Desk
) -> None:
    batch = await desk.found()
    sent = await desk.post(f"{batch}/send", body="Hello", **await desk.seen(batch))
    assert sent.status_code == 202
    async with a_desk(line, COLLEAGUE) as colleague:
        assert (await colleague.get(batch)).status_code == 404

        await desk.post("/settings", BROWSER, section="support", user=COLLEAGUE.user_id)

        page = explains(await colleague.get(batch, BROWSER), 200)
        assert "+372 5" not in page, "numbers are masked for support"
        assert (await colleague.post(f"{batch}/pause")).status_code == 202
        assert (await colleague.post(f"{batch}/resume")).status_code == 403
        assert (await colleague.post(f"{batch}/cancel")).status_code == 202


async def test_who_is_support_in_one_company_is_nobody_in_another(line: Line, desk: Desk) -> None:
    await desk.post("/settings", BROWSER, section="support", user=70)
    colleagues = await line.runtime.companies.colleagues(42)
    assert [it.user_id for it in colleagues if it.is_support] == []
