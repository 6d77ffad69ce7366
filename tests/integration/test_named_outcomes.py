"""Whatever Pipedrive says of a person, they get one of the named outcomes, and one text (R14)."""

from __future__ import annotations

from collections import Counter
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest

from tests.desk import BROWSER, a_desk, explains, id_of
from tests.line import Line, a_line
from web import why
from workers.domain.action import read_action
from workers.domain.batch import Phase, phase
from workers.domain.delivery import State
from workers.ports.reading import BatchView, RecipientRow
from workers.stages.accept import accept
from workers.stages.confirm import confirm

pytestmark = pytest.mark.anyio

DELETED, MERGED, HIDDEN, NO_PHONE, FIVE, SHARES, ALSO_SHARES, PLAIN = range(900, 908)
FIVE_PHONES = [
    {"value": "+372 612 3456", "label": "work", "primary": True},
    {"value": "ask at the desk", "label": "home", "primary": False},
    {"value": "", "label": "other", "primary": False},
    {"value": "+372 5777 0001", "label": "mobile", "primary": False},
    {"value": "+372 5777 0002", "label": "mobile", "primary": False},
]


def people_of(line: Line) -> None:
    """One of each kind; whoever was merged into another is simply not there any more."""
    line.pipedrive.add_person(id=DELETED, phone="+372 5777 0009", is_deleted=True)
    line.pipedrive.add_person(id=HIDDEN, phone="+372 5777 0008", _invisible=True)
    line.pipedrive.add_person(id=NO_PHONE)
    line.pipedrive.add_person(id=FIVE, phones=FIVE_PHONES)
    line.pipedrive.add_person(id=SHARES, phone="+372 5777 0003")
    line.pipedrive.add_person(id=ALSO_SHARES, phone="5777 0003")
    line.pipedrive.add_person(id=PLAIN, phone="+372 5777 0004")


async def found(line: Line) -> tuple[BatchView, dict[int | None, RecipientRow]]:
    ids = (DELETED, MERGED, HIDDEN, NO_PHONE, FIVE, SHARES, ALSO_SHARES, PLAIN, PLAIN)
    query = urlsplit(line.pipedrive.link_url(ids, token=None)).query
    action = read_action("sms", parse_qsl(query, keep_blank_values=True))
    batch_id = await accept(line.runtime, action, key=uuid4().bytes, reusable=False)
    view = await line.until(batch_id, lambda view: view.life.resolved_at)
    rows, _ = await line.runtime.rows.page(batch_id)
    return view, {row.person_id: row for row in rows}


async def test_everybody_gets_a_named_outcome_and_one_text_at_most(database_url: str) -> None:
    async with a_line(database_url) as line:
        people_of(line)

        view, rows = await found(line)

        outcomes = {person: (row.state, row.reason) for person, row in rows.items()}
        assert outcomes == {
            DELETED: (State.SKIPPED, "gone"),
            MERGED: (State.SKIPPED, "gone"),
            HIDDEN: (State.SKIPPED, "gone"),
            NO_PHONE: (State.SKIPPED, "no_number"),
            FIVE: (State.READY, None),
            SHARES: (State.READY, None),
            ALSO_SHARES: (State.SKIPPED, "same_number"),
            PLAIN: (State.READY, None),
        }
        assert rows[FIVE].number == "+37257770001", "the first that gets texts"
        said = {why.left_out(reason).said for _, reason in outcomes.values() if reason}
        assert "left out" not in said, "every reason has words"

        await confirm(line.runtime, view, revision=view.revision, body="We open at nine.", people=3)
        await line.until(
            view.id,
            lambda view: phase(view.life, view.counts, view.now) is Phase.SETTLED,
            seconds=40,
        )
        texted = Counter(text["to"] for text in line.twilio.accepted)
        assert texted == {"+37257770001": 1, "+37257770003": 1, "+37257770004": 1}


async def test_a_private_filter_of_a_colleague_ends_in_a_page_that_says_so(
    database_url: str,
) -> None:
    async with a_line(database_url) as line, a_desk(line) as desk:
        number = line.pipedrive.add_filter("Mine", lambda row: True, private=True, user_id=9)
        link = line.pipedrive.link_url(filter={"filter_id": number})
        batch = (await desk.get(link, BROWSER)).headers["location"]
        view = await line.until(id_of(batch), lambda view: view.life.refused_reason)
        page = explains(
            await desk.get(batch, BROWSER),
            200,
            "The filter of this list was deleted, or isn't shared with you.",
            "Choose another filter in Pipedrive",
        )
        assert view.counts.people == 0
        assert 'id="send"' not in page
