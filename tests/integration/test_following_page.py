"""Text those 12, and text them on their other number: from the page to the phones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import psycopg
import pytest

from tests.desk import BROWSER, Desk, a_desk, id_of, tells
from tests.line import Line, a_line
from workers.domain.action import Chosen
from workers.domain.batch import Phase, phase

pytestmark = pytest.mark.anyio
BODY = "We open at nine."


@pytest.fixture(scope="module")
async def line(module_database_url: str) -> AsyncIterator[Line]:
    more: dict[str, Any] = {"max_drafts_a_minute": 1000, "guard_seconds": 0}
    async with a_line(module_database_url, twilio={"digits": True}, **more) as line:
        yield line


@pytest.fixture
async def rep(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


def is_settled(view: Any) -> bool:
    return phase(view.life, view.counts, view.now) in {Phase.SETTLED, Phase.CANCELED}


async def send(rep: Desk, batch: str) -> None:
    answer = await rep.post(f"{batch}/send", **await rep.seen(batch), body=BODY)
    assert answer.status_code == 202, answer.text


async def settled(rep: Desk, batch: str) -> str:
    """The page when nothing moves any more."""
    await rep.line.until(id_of(batch), is_settled)
    return (await rep.get(batch, BROWSER)).text


def texts(rep: Desk, *numbers: str) -> list[int]:
    got = Counter(text["to"] for text in rep.line.twilio.accepted)
    return [got[number] for number in numbers]


async def test_a_landline_is_texted_on_the_other_number_after_a_look_and_once(rep: Desk) -> None:
    bad, good, fine = "+37256017093", "+37256127701", "+37256127702"
    add = rep.line.pipedrive.add_person
    both, other = add(name="Two Phones", phones=[bad, good]), add(name="Fine", phone=fine)
    batch = await rep.found(Chosen((both["id"], other["id"])))
    await send(rep, batch)
    page = await settled(rep, batch)
    assert f"/person/{both['id']}" in page.split("What didn't work")[1].split("</section>")[0]
    assert "1 person: use another number" in page
    assert "1 has another number. Text that…" in page

    left = await rep.post(f"{batch}/other-number", BROWSER)
    again = await rep.post(f"{batch}/other-number", BROWSER)

    draft = left.headers["location"]
    assert draft == again.headers["location"] != batch
    page = (await rep.get(draft, BROWSER)).text
    assert "Send to 1 person" in page
    assert "1 person of an earlier text" in page
    assert "+372 5612 7701" in page
    assert texts(rep, good, fine) == [0, 1]
    await send(rep, draft)
    await settled(rep, draft)
    assert texts(rep, bad, good, fine) == [0, 1, 1]
    assert "went along into" in await settled(rep, batch)
    tells(await rep.post(f"{batch}/retry", seq=10**9), 409, "nobody_to_retry")


async def test_when_the_other_number_fails_too_the_first_is_not_offered_again(rep: Desk) -> None:
    numbers = ["+37256018093", "+37256019093"]
    person = rep.line.pipedrive.add_person(name="No Luck", phones=numbers)
    batch = await rep.found(Chosen((person["id"],)))
    await send(rep, batch)
    await settled(rep, batch)
    draft = (await rep.post(f"{batch}/other-number", BROWSER)).headers["location"]
    await send(rep, draft)

    html = await settled(rep, draft)

    assert "use another number" in html
    assert "do-other-number" not in html
    tells(await rep.post(f"{draft}/other-number"), 409, "nobody_left")


async def test_who_said_stop_meanwhile_is_not_texted_on_another_number(rep: Desk) -> None:
    bad, good = "+37256020093", "+37256127711"
    person = rep.line.pipedrive.add_person(name="Had Enough", phones=[bad, good])
    batch = await rep.found(Chosen((person["id"],)))
    await send(rep, batch)
    await settled(rep, batch)
    with psycopg.connect(rep.line.settings.postgres_url) as connection:  # as a reply would
        connection.execute(
            "INSERT INTO known_numbers (company_id, channel, number, reason)"
            " VALUES (42, 'sms', %s, 'opted_out')",
            [good],
        )

    tells(await rep.post(f"{batch}/other-number"), 409, "nobody_left")


async def test_only_its_owner_may_text_those_people(rep: Desk) -> None:
    batch = await rep.found(Chosen((1,)))
    async with a_desk(rep.line, None) as stranger:
        for name in ("text-stopped", "other-number"):
            assert (await stranger.post(f"{batch}/{name}")).status_code == 401
    for name in ("text-stopped", "other-number"):
        tells(await rep.post(f"{batch}/{name}"), 409, "nobody_left")


async def test_those_who_failed_are_named_and_the_rest_is_one_link_to_exactly_them(
    rep: Desk,
) -> None:
    add = rep.line.pipedrive.add_person
    off = [add(name=f"Phone Off {n}", phone=f"+3725613{n:02}90")["id"] for n in range(5)]
    landline = add(name="Landline", phone="+37256139996")["id"]
    batch = await rep.found(Chosen((*off, landline)))
    await send(rep, batch)

    told = (await settled(rep, batch)).split("What didn't work")[1].split("</section>")[0]

    assert [f"Phone Off {n}" in told for n in range(5)] == [True] * 3 + [False] * 2
    more = re.search(r'href="([^"]+)#people"[^>]*>2 more<', told)
    assert more
    asks = unescape(more[1]).partition("?")[2]
    listed = (await rep.get(f"{batch}/recipients?{asks}")).json()["recipients"]
    assert {person["person_id"] for person in listed} == set(off)
    page = (await rep.get(f"{batch}?{asks}", BROWSER)).text
    assert "Only those of whom it says" in page
    assert "Phone Off 4" in page
    assert "Landline" not in page.split('id="rows"')[1]
    sheet = re.search(r'id="csv" href="([^"]+)"', page)
    assert sheet
    assert len((await rep.get(unescape(sheet[1]))).text.splitlines()) == 1 + len(off)
