"""The daily cap on the page: told before sending, while waiting, with who can allow more (S17)."""

from __future__ import annotations

import pytest

from tests.counter import words
from tests.desk import BROWSER, a_desk, id_of
from tests.line import a_line, is_handed_over
from workers.domain.action import Chosen
from workers.domain.delivery import State
from workers.domain.rules import Rules

pytestmark = pytest.mark.anyio
BODY = "We open at nine."


async def test_who_comes_after_the_cap_waits_for_tomorrow_and_reads_whom_to_ask(
    database_url: str,
) -> None:
    rules = Rules(quiet=None, guard_hours=0, texts_a_day=2, zone="Europe/Tallinn")
    async with a_line(database_url) as line, a_desk(line) as desk:
        await line.runtime.companies.set_rules(42, rules)
        batch = await desk.found(Chosen((1, 2, 3)))
        draft = words(await desk.get(batch, BROWSER))
        sent = await desk.post(f"{batch}/send", body=BODY, **await desk.seen(batch))

        await line.until(id_of(batch), lambda view: view.life.waits_for == "cap")

        assert sent.status_code == 202
        assert "at most 2 texts a day and 2 of them are left: 1 person would get it" in draft
        said = await desk.progress(batch)
        assert [(wait["for"], wait["people"]) for wait in said["waiting"]] == [("cap", 1)]
        page = words(await desk.get(batch, BROWSER))
        assert "Your company's texts for today are used up: 1 person, going on at" in page
        assert (
            "An admin of your Pipedrive (Rep Rebane) can allow more in Volley's settings." in page
        )
        await line.until(
            id_of(batch),
            lambda view: view.counts[State.READY] == 1 and not view.counts[State.SENDING],
        )
        assert len(line.twilio.accepted) == 2


async def test_the_same_batch_confirmed_twice_at_once_is_counted_once(database_url: str) -> None:
    rules = Rules(quiet=None, guard_hours=0, texts_a_day=10, zone="UTC")
    async with a_line(database_url) as line, a_desk(line) as desk:
        await line.runtime.companies.set_rules(42, rules)
        batch = await desk.found(Chosen((1, 2, 3)))
        seen = await desk.seen(batch)

        answers = [await desk.post(f"{batch}/send", body=BODY, **seen) for _ in range(5)]

        assert {answer.status_code for answer in answers} == {202}
        view = await line.until(id_of(batch), is_handed_over)
        counted = await line.runtime.guarding.texts_of(42, view.now.date())
        assert (counted, len(line.twilio.accepted)) == (3, 3)
