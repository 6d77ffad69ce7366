"""Browsers that look at one text: its rep's, support's, and those of people who may not."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import psycopg

from tests.desk import COLLEAGUE, STRANGER, Desk, a_desk, a_quiet_line, id_of, install
from tests.line import Line

BODY = "Your visit moved to Friday."
ADMIN = replace(COLLEAGUE, user_id=11, name="Anna Admin", is_admin=True)


@dataclass(frozen=True, slots=True)
class Viewers:
    """Browsers of four people and of nobody, and the address of the rep's confirmed text."""

    line: Line
    owner: Desk
    support: Desk
    colleague: Desk
    stranger: Desk
    nobody: Desk
    batch: str

    async def sql(self, text: str) -> None:
        url = self.line.settings.postgres_url
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute(text, {"id": id_of(self.batch)})

    async def numbers(self, desk: Desk) -> list[str]:
        return [row["number"] for row in (await desk.progress(self.batch, "0.0"))["changed"]]


@contextlib.asynccontextmanager
async def some_viewers(database_url: str) -> AsyncIterator[Viewers]:
    """Everybody is signed in but nobody, and the text is confirmed."""
    async with (
        a_quiet_line(database_url) as line,
        a_desk(line) as owner,
        a_desk(line, COLLEAGUE) as colleague,
        a_desk(line, STRANGER) as stranger,
        a_desk(line, None) as nobody,
    ):
        line.pipedrive.add_user(42, ADMIN.user_id, ADMIN.name, admin=True)
        await install(line, ADMIN)
        async with a_desk(line, ADMIN) as support:
            batch = await owner.found()
            sent = await owner.post(f"{batch}/send", body=BODY, **await owner.seen(batch))
            assert sent.status_code == 202, sent.text
            yield Viewers(line, owner, support, colleague, stranger, nobody, batch)
