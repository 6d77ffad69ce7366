"""The ledger on a real database, with batches at the point a test is about, and no HTTP at all."""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import uuid_utils.compat as ids

from tests.fakes_twilio import ACCOUNT
from tests.line import REP, settings_for
from workers.domain.action import Chosen, Filtered, LinkAction, Selection
from workers.domain.delivery import State
from workers.domain.rules import Rules
from workers.ports.finding import Found, Resolving
from workers.ports.outside import Fields, Report
from workers.ports.reading import BatchView
from workers.ports.sending import Answer, Claimed, Told
from workers.store.batches import PgBatches
from workers.store.claims import PgClaims
from workers.store.database import Pool, make_pool
from workers.store.decisions import PgDecisions
from workers.store.finding import PgFinding
from workers.store.ledger import PgLedger
from workers.store.naming import PgNaming
from workers.store.restoring import PgRestoring
from workers.store.rows import PgRows
from workers.store.support import PgSupport
from workers.store.watching import PgWatching

DAY = timedelta(days=1)
NOW = timedelta(0)
LATER = timedelta(hours=1)
EVERYONE = Filtered("everyone")
BODY = "We open at nine."
#: What is true at every hour of the day; a test that is about rules gives its own.
NO_RULES = Rules(quiet=None, guard_hours=0)
KEYS = ("new-secret-key-0123456789abcdef0", "old-secret-key-0123456789abcdef0")

_numbers = itertools.count(1)
_sids = itertools.count(1)


def a_number() -> str:
    """A number that no other test has."""
    return f"+3725{next(_numbers):07d}"


def found(person_id: int, number: str | None = None, **known: Any) -> Found:
    """Somebody who can be texted, unless a reason is given."""
    given: dict[str, Any] = {
        "name": f"Person {person_id}",
        "fields": {"person": {"first_name": f"P{person_id}"}},
        "numbers": (),
        "number": number or a_number(),
        "label": "mobile",
        "reason": None,
    }
    return Found(person_id, **{**given, **known})


def render(body: str, fields: Fields) -> tuple[str, str | None]:
    """The same text for everybody."""
    return body, None


@dataclass(slots=True)
class Office:
    """Every part of the store on one pool."""

    pool: Pool
    batches: PgBatches
    finding: PgFinding
    naming: PgNaming
    decisions: PgDecisions
    claims: PgClaims
    ledger: PgLedger
    watching: PgWatching
    rows: PgRows
    support: PgSupport
    restoring: PgRestoring

    async def sql(self, text: str, *given: object) -> list[dict[str, Any]]:
        """What a statement answers; time passes in tests by moving stored times."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(text, given)
            return await cursor.fetchall() if cursor.description else []

    async def clicked(self, selection: Selection = EVERYONE, company_id: int = 42) -> UUID:
        """A new batch, nobody found yet."""
        action = LinkAction("sms", "person", "list", company_id, REP.user_id, selection)
        batch_id = ids.uuid7()
        return await self.batches.create(batch_id, action, key=batch_id.bytes, reusable_after=None)

    async def leased(self, batch_id: UUID) -> Resolving:
        work = await self.finding.lease(batch_id, seconds=60)
        assert work is not None
        return work

    async def relet(self, batch_id: UUID) -> Resolving:
        """The lease again, as if it had ended."""
        await self.sql("UPDATE batches SET resolve_until = NULL WHERE id = %s", batch_id)
        return await self.leased(batch_id)

    async def keep(self, work: Resolving, *people: Found, cursor: str | None = None) -> bool:
        return await self.finding.keep_page(work, people, next_cursor=cursor, tokens=10, seconds=60)

    async def draft(self, *people: Found, company_id: int = 42) -> UUID:
        """A draft with these people found."""
        batch_id = await self.clicked(company_id=company_id)
        work = await self.leased(batch_id)
        assert await self.keep(work, *people, cursor="end")
        assert await self.finding.finish(work)
        return batch_id

    async def confirm(self, batch_id: UUID, **given: Any) -> str:
        view = await self.view(batch_id)
        seen = {"revision": view.revision, "body": BODY, "people": view.counts[State.READY]}
        return await self.decisions.confirm(
            batch_id, **{**seen, "hold": NOW, "send_within": DAY, **given}
        )

    async def confirmed(self, *people: Found | int, **given: Any) -> UUID:
        """A confirmed batch of these people, or of so many."""
        everybody: list[Found] = []
        for person in people:
            everybody += (
                [person] if isinstance(person, Found) else [found(n) for n in range(1, person + 1)]
            )
        batch_id = await self.draft(*everybody)
        assert await self.confirm(batch_id, **given) == "confirmed"
        return batch_id

    async def claim(self, batch_id: UUID, limit: int = 50, **given: Any) -> Sequence[Claimed]:
        wanted: dict[str, Any] = {"account_sid": ACCOUNT.account_sid, "sender": ACCOUNT.origin}
        wanted |= {"worker": "ada", "render": render, **given}
        return await self.claims.claim(batch_id, limit=limit, **wanted)

    async def prove(self, batch_id: UUID) -> None:
        """The account has taken a text of this batch."""
        await self.sql("UPDATE batches SET proven_at = now() WHERE id = %s", batch_id)

    async def answer(self, *claimed: Claimed, state: str = "accepted", **given: Any) -> list[str]:
        """Each person's post is answered; the SIDs."""
        sids = [a_sid() if state == "accepted" else "" for _ in claimed]
        await self.ledger.answer(
            [
                Answer(
                    person.attempt_id,
                    person.recipient_id,
                    person.batch_id,
                    state,
                    sid=sid or None,
                    **given,
                )
                for person, sid in zip(claimed, sids, strict=True)
            ]
        )
        return sids

    async def tell(
        self, claimed: Claimed, status: str, *, sid: str = "", code: str = "", **given: Any
    ) -> bool:
        """A receipt; whether its attempt is known."""
        report = Report(sid or f"SM{claimed.attempt_id.hex}", status, status, code)
        return bool(await self.ledger.tell([Told(claimed.attempt_id, report, **given)]))

    async def accepted(self, *people: Found | int) -> tuple[UUID, list[Claimed]]:
        """A batch whose people Twilio has, under SIDs made of the attempts' ids."""
        batch_id = await self.confirmed(*people)
        await self.prove(batch_id)
        claimed = list(await self.claim(batch_id, 500))
        told = [(one.attempt_id, one.recipient_id, batch_id, "accepted") for one in claimed]
        await self.ledger.answer([Answer(*all_of, sid=f"SM{all_of[0].hex}") for all_of in told])
        return batch_id, claimed

    async def view(self, batch_id: UUID) -> BatchView:
        view = await self.batches.view(batch_id)
        assert view is not None
        return view

    async def states(self, batch_id: UUID) -> Counter[str]:
        counts = (await self.view(batch_id)).counts.by_state
        return Counter({state.value: people for state, people in counts.items()})

    async def reasons(self, batch_id: UUID) -> dict[int, str | None]:
        """Reason by person."""
        people = "SELECT person_id, reason FROM recipients WHERE batch_id = %s"
        got = await self.sql(people, batch_id)
        return {row["person_id"]: row["reason"] for row in got}

    async def attempt(self, claimed: Claimed) -> dict[str, Any]:
        (got,) = await self.sql("SELECT * FROM attempts WHERE id = %s", claimed.attempt_id)
        return got

    async def retry(self, batch_id: UUID, *states: State, never: Collection[str] = ()) -> int:
        seq = (await self.view(batch_id)).seq
        wanted: dict[str, Any] = {"seq": seq, "states": states, "never": never}
        return await self.decisions.retry(batch_id, send_within=DAY, **wanted)


def a_sid() -> str:
    return f"SM{next(_sids):032x}"


def chosen(people: Iterable[int]) -> Chosen:
    return Chosen(tuple(people))


@contextlib.asynccontextmanager
async def an_office(
    database_url: str,
    *,
    lookups: Sequence[timedelta] = (NOW, NOW),
    silence: Sequence[timedelta] = (NOW, NOW),
    guard_seconds: float = 60,
    rules: Rules = NO_RULES,
) -> AsyncIterator[Office]:
    """An office of company 42 (and 43), whose rep is user 7."""
    nowhere = {"url": "http://a:1", "pipedrive": "http://b", "twilio": "http://c"}
    async with make_pool(settings_for(database_url, **nowhere)) as pool:
        async with pool.connection() as connection:
            companies = "INSERT INTO companies (company_id, country) VALUES (42, 'EE'), (43, 'GB')"
            await connection.execute(f"{companies} ON CONFLICT DO NOTHING")
        yield Office(
            pool,
            PgBatches(pool),
            PgFinding(pool, keys=KEYS),
            PgNaming(pool),
            PgDecisions(pool, wait=NOW),
            PgClaims(
                pool,
                keys=KEYS,
                rules=rules,
                guard_seconds=guard_seconds,
                claim_seconds=40,
                send_within=DAY,
            ),
            PgLedger(pool, lookups=lookups, silence=silence),
            PgWatching(pool, lookups=lookups, silence=silence),
            PgRows(pool),
            PgSupport(pool),
            PgRestoring(pool, wait=NOW),
        )
