"""Several batches for the same people on a real ledger, and everything that may happen to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any, Literal
from uuid import UUID

import uuid_utils.compat as ids

from tests.office import BODY, DAY, NO_RULES, Office, found
from tests.oracle import Oracle
from workers.domain.delivery import State
from workers.domain.rules import QuietHours, Rules
from workers.ports.picking import Searched
from workers.ports.sending import Answer, Claimed, Told
from workers.ports.tryouts import Wanted
from workers.store.company_settings import PgCompanies
from workers.store.following import PgFollowing
from workers.store.picking import PgPicking
from workers.store.rails import PgGuarding
from workers.store.tryouts import PgTryouts

GUARD = Rules(quiet=None, guard_hours=4)
NUMBERS = [f"+3725612000{n}" for n in range(4)]
OTHERS = [f"+3725612001{n}" for n in range(4)]
ENTRY = {"label": "mobile", "reason": None}
MOST = 6  # batches
STOPPED = (
    "INSERT INTO known_numbers (company_id, channel, number, reason)"
    " VALUES (42, 'sms', %s, 'opted_out') ON CONFLICT DO NOTHING"
)
TABLES = "batches, recipients, attempts, receipts, texted, known_numbers, daily_texts"


@dataclass
class World:
    """One company; `held` are people claimed and not posted yet, `answers` what was not recorded."""

    office: Office
    oracle: Oracle = field(default_factory=Oracle)
    batches: list[UUID] = field(default_factory=list)
    held: list[Claimed] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)

    async def begin(self) -> None:
        """Two reps reach for the same people, a third does so knowingly, a fourth still writes."""
        await self.office.sql(f"TRUNCATE {TABLES}")
        await self.rules(quiet=False, cap=None)
        for place, choice in enumerate((None, None, "text")):
            await self.draft()
            await self.confirm(place, choice)
        await self.draft()

    def at(self, place: int) -> UUID:
        return self.batches[place % len(self.batches)]

    async def people(self, batch_id: UUID) -> list[dict[str, Any]]:
        return await self.office.sql(
            "SELECT * FROM recipients WHERE batch_id = %s ORDER BY id", batch_id
        )

    async def draft(self) -> None:
        if len(self.batches) < MOST:
            everybody = [
                found(n, NUMBERS[n], zones="UTC", numbers=[{**ENTRY, "number": one} for one in two])
                for n, two in enumerate(zip(NUMBERS, OTHERS, strict=True))
            ]
            self.batches.append(await self.office.draft(*everybody))

    async def confirm(self, place: int, choice: str | None) -> None:
        """With what is said to whoever was just texted; None = colleagues were faster than the page."""
        batch_id, guarding = self.at(place), PgGuarding(self.office.pool)
        view = await self.office.view(batch_id)
        if view.life.confirmed_at or view.life.canceled_at:
            return
        if choice and await guarding.crossings(batch_id, GUARD):
            said: Literal["text", "leave_out"] = "text" if choice == "text" else "leave_out"
            await guarding.decide(batch_id, GUARD, said, revision=view.revision)
        if view.follows:
            await PgFollowing(self.office.pool).drop_arrived(batch_id)
        await self.office.confirm(batch_id)

    async def pick(self, place: int, person: int, what: str) -> None:
        batch_id, picking = self.at(place), PgPicking(self.office.pool)
        revision = (await self.office.view(batch_id)).revision
        row = (await self.people(batch_id))[person % len(await self.people(batch_id))]
        if what == "out":
            await picking.leave_out(batch_id, revision=revision, who=[row["id"]])
        elif what == "all":
            await picking.put_back(batch_id, revision=revision, who=Searched(""))
        elif row["state"] in {"ready", "skipped"} and row["reason"] not in {"opted_out", "arrived"}:
            number = row["number"] if what == "in" else OTHERS[row["person_id"]]
            given = {"revision": revision, "recipient_id": row["id"], "label": ""}
            await picking.put_in(batch_id, number=number, **given)

    async def claim(self, place: int, limit: int) -> None:
        await self.take(self.at(place), limit)

    async def take(self, batch_id: UUID, limit: int) -> None:
        claimed = await self.office.claim(batch_id, limit)
        assert not self.stopped & {one.number for one in claimed}
        asked = {row["id"] for row in await self.people(batch_id) if row["override"]}
        for one in claimed:
            self.oracle.claimed(one, override=one.recipient_id in asked)
        self.held += claimed

    async def send(self, place: int, fate: str, arrives: bool) -> None:
        """A worker without any trouble of its own, to whom all go the same way."""
        await self.claim(place, len(NUMBERS))
        for _ in range(len(NUMBERS)):
            self.post(fate, arrives, True)
        await self.record()

    def post(self, fate: str, arrives: bool, last: bool) -> None:
        if self.held:
            claimed = self.held.pop(-1 if last else 0)
            self.answers.append(self.oracle.post(claimed, fate, arrives=arrives))

    async def record(self) -> None:
        answers, self.answers = self.answers, []
        await self.office.ledger.answer(answers)

    async def crash(self) -> None:
        """What was claimed dies: nobody posts it any more."""
        self.held, self.answers = [], []
        await self.office.sql(
            "UPDATE attempts SET claimed_until = now() - interval '1 s' WHERE state = 'sending'"
        )
        await self.office.watching.give_up_dead_claims()

    async def receipt(self, attempt_id: UUID, status: str) -> None:
        report = self.oracle.texts[attempt_id].report(status)
        await self.office.ledger.tell([Told(attempt_id, report)])

    async def look(self) -> None:
        for looked in await self.office.watching.due_looks(lease=DAY):
            text = self.oracle.texts.get(looked.attempt_id)
            by_sid = [one for one in self.oracle.texts.values() if one.sid == looked.sid]
            text = by_sid[0] if by_sid else text
            if text is not None and text.sid:
                told = Told(looked.attempt_id, text.report("sent"), "look-up")
                await self.office.ledger.tell([told])
            await self.office.watching.looked(looked.attempt_id, was=looked.state, found="counted")

    async def press(self, place: int, what: str) -> None:
        batch_id, decisions = self.at(place), self.office.decisions
        if what == "pause":
            await decisions.pause(batch_id, by=7, reason="person")
            assert await self.office.claim(batch_id) == []
        elif what == "resume":
            await decisions.resume(batch_id, send_within=DAY)
        elif what == "stop":
            await decisions.cancel(batch_id, by=7)
        elif what == "undo":
            await decisions.undo(batch_id)
        else:
            await decisions.cancel_people(batch_id)

    async def text_again(self, place: int, *, unknown: bool) -> None:
        batch_id = self.at(place)
        states = (State.UNCONFIRMED,) if unknown else (State.FAILED, State.UNDELIVERED)
        before = {row["id"]: row["state"] for row in await self.people(batch_id)}
        await self.office.retry(batch_id, *states)
        for row in await self.people(batch_id):
            if row["state"] == "ready" and before[row["id"]] != "ready":
                self.oracle.wanted(row["id"])

    async def follow(self, place: int, whom: str) -> None:
        parent, new, following = self.at(place), ids.uuid7(), PgFollowing(self.office.pool)
        if len(self.batches) >= MOST:
            return
        kind: Literal["stopped", "failed"] = "stopped" if whom == "stopped" else "failed"
        left = list(await following.left(parent, kind, codes=("30003",)))
        if await following.start(parent, new, left) != new:
            return
        self.batches.append(new)
        by_person = {row["person_id"]: row["id"] for row in await self.people(parent)}
        for row in await self.people(new):
            self.oracle.first[row["id"]] = by_person[row["person_id"]]

    async def rules(self, *, quiet: bool, cap: int | None) -> None:
        hour = datetime.now(UTC).hour
        night = QuietHours(time((hour - 6) % 24), time((hour + 6) % 24)) if quiet else None
        chosen = Rules(quiet=night, guard_hours=4, texts_a_day=cap)
        await PgCompanies(self.office.pool, rules=NO_RULES).set_rules(42, chosen)

    async def test(self, place: int, number: int) -> None:
        test_id = ids.uuid7()
        wanted = Wanted(NUMBERS[number], "Rep", BODY, {}, 1)
        if await PgTryouts(self.office.pool).make(self.at(place), test_id, wanted) == "made":
            self.oracle.tests.add(test_id)
            self.held += await self.office.claim(test_id)

    async def reply(self, number: int, *, stops: bool) -> None:
        if stops:
            self.stopped.add(NUMBERS[number])
            await self.office.sql(STOPPED, NUMBERS[number])
        else:
            self.stopped.discard(NUMBERS[number])
            await self.office.sql("DELETE FROM known_numbers WHERE number = %s", NUMBERS[number])

    async def day_passes(self) -> None:
        """Claims are dead by then; numbers may be texted again."""
        await self.crash()
        await self.office.sql("UPDATE texted SET texted_at = texted_at - interval '25 hours'")
        for column in ("started_at", "answered_at"):
            await self.office.sql(f"UPDATE attempts SET {column} = {column} - interval '25 hours'")
        await self.office.sql("UPDATE attempts SET cap_day = cap_day - 2")
        await self.office.sql("UPDATE daily_texts SET day = day - 2")
        self.oracle.claims.clear()
