"""A browser on one batch of an in-memory ledger, for the tests of the pages."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx

from tests.builders_batches import REP, a_batch, a_row
from tests.fakes_ledger import Door, Ledger
from tests.gallery import an_app
from workers.domain.delivery import State
from workers.ports.outside import User
from workers.ports.reading import BatchView, RecipientRow

COLLEAGUE = replace(REP, user_id=99, name="Kalle Kolleeg")
JSON = {"Accept": "application/json"}


class Page:
    """A browser on one batch."""

    def __init__(
        self, rows: Sequence[RecipientRow] = (), users: Sequence[User] = (REP,), **given: Any
    ) -> None:
        self.ledger, self.door = Ledger(), Door(users)
        self.at = self.ledger.keep(a_batch(rows, **given), rows).id
        self._app = an_app(self.ledger, self.door)
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self._app),
            base_url="http://test",
            cookies={"volley": "x"},
        )

    @property
    def view(self) -> BatchView:
        return self.ledger.views[self.at]

    async def get(self, path: str = "", **headers: str) -> httpx.Response:
        return await self._client.get(f"/batches/{self.at}{path}", headers=headers)

    async def open(self, address: str, **headers: str) -> httpx.Response:
        return await self._client.get(address, headers=headers)

    async def saved(self, name: str, body: str) -> str:
        """A text that the company has saved; its id."""
        texts = self._app.state.runtime.texts
        await texts.save(1, name=name, body=body, by=REP.user_id)
        return str(next(text.id for text in await texts.saved(1) if text.name == name))

    async def post(self, name: str, **form: str) -> httpx.Response:
        return await self._client.post(f"/batches/{self.at}/{name}", data=form)

    async def ask(self, name: str, **form: str) -> httpx.Response:
        """The same as a program does it."""
        return await self._client.post(f"/batches/{self.at}/{name}", data=form, headers=JSON)


def three() -> list[RecipientRow]:
    return [a_row(1), a_row(2), a_row(3, state=State.SKIPPED, number=None, reason="no_number")]


async def seen(page: Page, path: str = "") -> str:
    """The page's words and tags, unescaped."""
    return html.unescape((await page.get(path)).text)
