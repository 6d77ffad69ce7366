"""Asking what people were sent, as the link action does it."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from uuid import UUID

from tests.desk import BROWSER, Desk, id_of
from tests.line import Line
from workers.domain.action import Chosen
from workers.domain.delivery import State
from workers.ports.outside import User
from workers.stages.resolve import resolve

TEXT = "Our office moves on Monday"


async def texts(desk: Desk, user: User, *people: int, body: str = TEXT) -> str:
    """A text that arrived."""
    batch = await desk.found(Chosen(people), by=user)
    answer = await desk.post(f"{batch}/send", body=body, **await desk.seen(batch))
    assert answer.status_code == 202, answer.text
    await desk.line.until(id_of(batch), lambda view: view.counts[State.DELIVERED] == len(people))
    return batch


async def asks(desk: Desk, user: User, *people: int, **link: Any) -> str:
    """The link action in Pipedrive, and the page it leads to, where everybody is found."""
    place = await begins(desk, user, *people, **link)
    await until_answered(desk.line, place)
    return place


async def until_answered(line: Line, place: str) -> None:
    """Everybody is found, refused or waited for: by us, or by the sender that came first."""
    await resolve(line.runtime, question_of(place))
    async with asyncio.timeout(30):
        while True:
            question = await line.runtime.histories.question(question_of(place))
            assert question is not None
            life = question.life
            if life.resolved_at or life.refused_reason or life.resolve_not_before:
                return
            await asyncio.sleep(0.02)


async def begins(desk: Desk, user: User, *people: int, **link: Any) -> str:
    """The same before the worker has looked for anybody."""
    given = {"user_id": user.user_id, "company_id": user.company_id, **link}
    chosen = [list(people)] if people else []
    answer = await desk.get(
        desk.line.pipedrive.link_url(*chosen, action="history", **given), BROWSER
    )
    assert answer.status_code == 303, answer.text
    place = answer.headers["location"]
    assert re.fullmatch(r"/history/[0-9a-f-]{36}", place)
    return place


def question_of(place: str) -> UUID:
    return UUID(place.rpartition("/")[2])


async def told(desk: Desk, user: User, *people: int, **link: Any) -> dict[str, Any]:
    answer = await desk.get(await asks(desk, user, *people, **link))
    found: dict[str, Any] = answer.json()
    return found
