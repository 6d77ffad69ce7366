"""An in-memory ledger and runtime for the pages' tests and the gallery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from tests.builders_batches import ACCOUNT, NOW, REP, a_batch
from workers.domain.action import LinkAction
from workers.domain.batch import Life
from workers.domain.delivery import State
from workers.ports.outside import Account, Fields, User
from workers.ports.reading import BatchView, PersonHistory, RecipientRow, Snapshot
from workers.ports.runtime import Runtime
from workers.settings import Settings


@dataclass
class Ledger:
    """Batches, rows and support's search in dictionaries."""

    views: dict[UUID, BatchView] = field(default_factory=dict)
    rows: dict[UUID, list[RecipientRow]] = field(default_factory=dict)
    fields: dict[int, Fields] = field(default_factory=dict)
    histories: list[PersonHistory] = field(default_factory=list)

    def keep(self, view: BatchView, rows: Sequence[RecipientRow] = ()) -> BatchView:
        self.views[view.id], self.rows[view.id] = view, list(rows)
        return view

    # Batches

    async def view(self, batch_id: UUID) -> BatchView | None:
        return self.views.get(batch_id)

    async def mine(self, company_id: int, user_id: int, *, limit: int = 50) -> list[BatchView]:
        return [view for view in await self.of_company(company_id) if view.user_id == user_id]

    async def of_company(self, company_id: int, *, limit: int = 50) -> list[BatchView]:
        return [view for view in self.views.values() if view.company_id == company_id][:limit]

    async def create(self, batch_id: UUID, action: LinkAction, **_: Any) -> UUID:
        return self.keep(a_batch(id=batch_id, resolved_at=None, total=None)).id

    async def save_draft(self, batch_id: UUID, *, revision: int, body: str) -> int | None:
        view = self.views[batch_id]
        if view.life.confirmed_at is not None or view.revision != revision:
            return None
        if view.body != body:
            self.views[batch_id] = replace(view, body=body, revision=revision + 1)
        return self.views[batch_id].revision

    async def confirm(
        self,
        batch_id: UUID,
        *,
        revision: int,
        body: str,
        people: int,
        hold: timedelta,
        send_within: timedelta,
    ) -> str:
        view = self.views[batch_id]
        if view.life.confirmed_at is not None:
            seen = (view.confirmed_revision, view.confirmed_people, view.body)
            return "same" if seen == (revision, people, body) else "conflict"
        if view.life.resolved_at is None:
            return "resolving"
        if (view.revision, view.counts[State.READY]) != (revision, people):
            return "conflict"
        self._live(
            batch_id,
            confirmed_at=view.now,
            not_before=view.now + hold,
            send_by=view.now + send_within,
        )
        self.views[batch_id] = replace(
            self.views[batch_id], body=body, confirmed_revision=revision, confirmed_people=people
        )
        return "confirmed"

    async def undo(self, batch_id: UUID) -> bool:
        if self.views[batch_id].life.first_claim_at is not None:
            return False
        self._live(batch_id, confirmed_at=None, not_before=None, send_by=None)
        return True

    async def pause(self, batch_id: UUID, *, by: int | None, reason: str, code: str = "") -> bool:
        self._live(batch_id, paused_at=self.views[batch_id].now, pause_reason=reason)
        return True

    async def resume(self, batch_id: UUID, *, send_within: timedelta) -> bool:
        self._live(batch_id, paused_at=None, pause_reason=None, send_by=NOW + send_within)
        return True

    async def cancel(self, batch_id: UUID, *, by: int) -> bool:
        self._live(batch_id, canceled_at=self.views[batch_id].now)
        return True

    async def cancel_people(self, batch_id: UUID, *, limit: int = 500) -> int:
        return 0

    async def retry(self, batch_id: UUID, **_: Any) -> int:
        return 0

    async def drafts_since(self, company_id: int, user_id: int, ago: timedelta) -> int:
        return 0

    async def again(self, batch_id: UUID, new_id: UUID) -> UUID:
        return self.keep(replace(self.views[batch_id], id=new_id, life=Life(NOW)), ()).id

    def _live(self, batch_id: UUID, **facts: Any) -> None:
        view = self.views[batch_id]
        self.views[batch_id] = replace(view, life=replace(view.life, **facts), seq=view.seq + 1)

    # Rows

    async def page(
        self,
        batch_id: UUID,
        *,
        states: Sequence[State] = (),
        query: str = "",
        cursor: str = "",
        limit: int = 100,
    ) -> tuple[list[RecipientRow], str | None]:
        found = [
            row
            for row in self.rows[batch_id]
            if (not states or row.state in states)
            and (query.lower() in row.name.lower() or query in (row.number or ""))
        ]
        begin = int(cursor or 0)
        more = str(begin + limit) if begin + limit < len(found) else None
        return found[begin : begin + limit], more

    async def changed(self, batch_id: UUID, since: str, *, limit: int = 200) -> Snapshot | None:
        view = self.views.get(batch_id)
        if view is None:
            return None
        after = int(since.partition(".")[0] or -1)
        rows = [row for row in self.rows[batch_id] if row.seq > after][:limit]
        return Snapshot(view, tuple(rows), f"{view.seq}.0")

    async def reasons(self, batch_id: UUID) -> Mapping[tuple[State, str], int]:
        return Counter((row.state, row.reason) for row in self.rows[batch_id] if row.reason)

    async def samples(
        self, batch_id: UUID, *, limit: int = 200
    ) -> list[tuple[RecipientRow, Fields]]:
        ready = [row for row in self.rows[batch_id] if row.state is State.READY]
        return [(row, self.fields.get(row.id, _fields(row))) for row in ready[:limit]]

    async def empty_fields(self, batch_id: UUID, names: Sequence[str]) -> Mapping[str, int]:
        people = await self.samples(batch_id, limit=10**9)
        return {name: sum(not _value(fields, name) for _, fields in people) for name in names}

    # Support

    async def find(
        self, company_id: int, *, query: str, numbers: Sequence[str], limit: int = 50
    ) -> list[PersonHistory]:
        return [
            history
            for history in self.histories
            if history.row.number in numbers
            or query.lower() in history.row.name.lower()
            or query == str(history.row.person_id)
            or any(query == attempt.sid for attempt in history.attempts)
        ]


@dataclass
class Door:
    """Who is signed in, which account sends, who the admins are, and who was rung."""

    users: Sequence[User] = (REP,)
    account: Account | None = ACCOUNT
    rung: list[str] = field(default_factory=list)

    async def identities(self, id_hash: bytes) -> Sequence[User]:
        return self.users

    async def of(self, company_id: int) -> Account | None:
        return self.account

    async def made_with(
        self, company_id: int, *, account_sid: str, origin: str = ""
    ) -> Account | None:
        known = self.account
        return known if known is not None and known.account_sid == account_sid else None

    async def user(self, company_id: int, user_id: int) -> User | None:
        known = (user for user in self.users if user.user_id == user_id)
        return next((user for user in known if user.company_id == company_id), None)

    async def admins(self, company_id: int) -> Sequence[str]:
        return ("Andres Admin",)

    async def resolve(self, batch_id: UUID) -> None:
        self.rung.append(f"resolve {batch_id}")

    async def send(self, batch_id: UUID) -> None:
        self.rung.append(f"send {batch_id}")


def a_runtime(ledger: Ledger, door: Door, **settings: Any) -> Runtime:
    """A runtime whose database and door are in memory; the rest is not there."""
    known = {"secret_key": SecretStr("k" * 32), "public_url": "http://test", **settings}
    ports: dict[str, Any] = dict.fromkeys(Runtime.__dataclass_fields__)
    ports |= dict.fromkeys(("batches", "rows", "support", "decisions"), ledger)
    ports |= dict.fromkeys(("sessions", "installations", "accounts", "bell"), door)
    ports["settings"] = Settings(_env_file=None, **known)
    return Runtime(**ports)


def _fields(row: RecipientRow) -> Fields:
    first, _, last = row.name.partition(" ")
    person = {"first_name": first, "last_name": last, "name": row.name}
    return {"person": person, "organization": {"name": ""}, "sender": {"name": "Mari"}}


def _value(fields: Fields, name: str) -> str:
    group, _, key = name.partition(".")
    return fields.get(group, {}).get(key, "")
