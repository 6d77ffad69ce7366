"""What finding people cost a company's Pipedrive is shown to its admins and to support."""

from __future__ import annotations

import re

import psycopg
import pytest

from tests.desk import BROWSER, PROGRAM, a_desk, a_quiet_line, explains
from web.tokens_used import left, of_day
from workers.domain.action import Filtered
from workers.ports.budget import Day

pytestmark = pytest.mark.anyio


def said(html: str) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split()).replace("&#39;", "'")


async def test_settings_and_support_say_what_finding_people_cost(database_url: str) -> None:
    async with a_quiet_line(database_url, people=600) as line, a_desk(line) as desk:
        await desk.prove()
        before = line.pipedrive.tokens_used

        await desk.found(Filtered("everyone"))

        settings = said(explains(await desk.get("/settings", BROWSER), 200))
        support = said(explains(await desk.get("/support", BROWSER), 200))
        told = (await desk.get("/settings", PROGRAM)).json()
        mine = said(explains(await desk.get("/", BROWSER), 200))
    assert f"Finding people used {before + 20} of today's 1,500,000 tokens." in settings
    assert f"{1_499_980 - before:,} of them were left" in settings
    assert "Volley leaves 10 % of them to the others" in settings
    assert "finding 598 people used 20 of today's tokens" in support
    assert told["tokens"] == {"used": before + 20, "a_day": 1_500_000}
    assert "tokens" not in mine, "a rep has other worries"


def test_before_pipedrive_says_how_many_there_are_only_ours_are_named() -> None:
    assert of_day(Day()) == "Finding people used 0 tokens today."
    assert left(Day()) == ""


async def test_a_text_of_another_day_did_not_use_todays_tokens(database_url: str) -> None:
    async with a_quiet_line(database_url, people=10) as line, a_desk(line) as desk:
        await desk.found()
        with psycopg.connect(database_url) as connection:
            connection.execute("UPDATE batches SET created_at = created_at - interval '2 days'")

        support = said(explains(await desk.get("/support", BROWSER), 200))

    assert "finding 2 people used 10 tokens" in support
