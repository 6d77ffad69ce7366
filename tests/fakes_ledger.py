"""An in-memory ledger and runtime for the pages' tests and the gallery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from tests.builders_batches import ACCOUNT, NOW, REP, a_batch
from tests.fakes_after import AfterSending
from tests.fakes_texts import FakeAlerts, FakeBills, FakeTariffs, FakeTexts, FakeTryouts, Previewed
from workers.domain.action import LinkAction
from workers.domain.batch import Life
from workers.domain.bill import Bill
from workers.domain.delivery import State
from workers.domain.rules import Rules
from workers.marks import NoMarks
from workers.ports.outside import Account, User
from workers.ports.rails import Crossing, Just
from workers.ports.reading import BatchView, PersonHistory, RecipientRow, Snapshot
from workers.ports.runtime import Runtime
from workers.ports.viewing import Glance
from workers.settings import Settings


@dataclass
class Ledger(AfterSending, Previewed):
    """Batches, rows and support's search in dictionaries."""

    views: dict[UUID, BatchView] = field(default_factory=dict)
    zones_of: dict[UUID, Mapping[str, int]] = field(default_factory=dict)
    crossed: dict[UUID, Sequence[Crossing]] = field(default_factory=dict)
    histories: list[PersonHistory] = field(default_factory=list)
    bills: dict[UUID, Bill] = field(default_factory=dict)

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

    async def is_looking(self, batch_id: UUID) -> bool:
        return False

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
        reasons: Sequence[str] = (),
        query: str = "",
        cursor: str = "",
        limit: int = 100,
        **_: object,
    ) -> tuple[list[RecipientRow], str | None]:
        found = [
            row
            for row in self.rows[batch_id]
            if (not states or row.state in states)
            and (not reasons or (row.reason or "") in reasons)
            and (query.lower() in row.name.lower() or query in (row.number or ""))
        ]
        end = int(cursor or 0) + limit
        return found[end - limit : end], str(end) if end < len(found) else None

    async def changed(self, batch_id: UUID, since: str, _: object = None) -> Snapshot | None:
        view = self.views.get(batch_id)
        if view is None:
            return None
        after = int(since.partition(".")[0] or -1)
        rows = [row for row in self.rows[batch_id] if row.seq > after][:200]
        return Snapshot(view, tuple(rows), f"{view.seq}.0")

    progress = changed

    async def one(self, batch_id: UUID, recipient_id: int) -> RecipientRow | None:
        return next((row for row in self.rows[batch_id] if row.id == recipient_id), None)

    async def zones(self, batch_id: UUID) -> Mapping[str, int]:
        ready = sum(row.state is State.READY for row in self.rows[batch_id])
        return self.zones_of.get(batch_id, {"Europe/Tallinn": ready})

    async def texts_of(self, company_id: int, day: date) -> int:
        return 0

    async def just_texted(self, batch_id: UUID, rules: Rules, *, guard: float) -> Just | None:
        return None

    async def crossings(self, batch_id: UUID, rules: Rules) -> Sequence[Crossing]:
        return self.crossed.get(batch_id, ())

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
    rules_of_all: Rules = field(default_factory=Rules)
    rung: list[str] = field(default_factory=list)

    async def departed(self, id_hash: bytes) -> Sequence[tuple[int, int]]:
        return ()

    async def identities(self, id_hash: bytes) -> Sequence[User]:
        return self.users

    async def glance(self, id_hash: bytes, batch_id: UUID) -> Glance:
        return Glance(self.users)

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

    async def rules(self, company_id: int) -> Rules:
        return self.rules_of_all

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
    own = "batches rows changes support decisions guarding picking following paces"
    ports |= dict.fromkeys(own.split(), ledger)
    ports |= dict.fromkeys(("sessions", "installations", "accounts", "bell", "companies"), door)
    ports["texts"], ports["tryouts"] = FakeTexts(ledger.views), FakeTryouts()
    ports["tariffs"], ports["bills"] = FakeTariffs(ledger.rows), FakeBills(ledger.bills)
    ports["marks"], ports["alerts"] = NoMarks(), FakeAlerts()
    return Runtime(**ports | {"settings": Settings(_env_file=None, **known)})
