"""What must hold of a `World` at every step and in the end, and a copy of it from before."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.fakes_twilio import ACCOUNT
from tests.office import BODY, DAY
from tests.oracle import Text
from tests.rules_world import World
from workers.domain.batch import ENDED, phase, waiting
from workers.domain.delivery import RANK, State
from workers.ports.restoring import Held, Taken
from workers.ports.sending import Told

IN_THE_COPY = (
    "DELETE FROM receipts USING attempts a WHERE a.id = attempt_id AND a.batch_id = %s",
    "DELETE FROM texted USING attempts a WHERE a.recipient_id = texted.recipient_id"
    " AND a.batch_id = %s",
    "UPDATE recipients SET state = 'ready', attempt_id = NULL, reason = NULL, looking = false"
    " WHERE batch_id = %s AND attempt_id IS NOT NULL",
    "DELETE FROM attempts WHERE batch_id = %s",
    "UPDATE batches SET first_claim_at = NULL, proven_at = NULL, seq = seq + 1 WHERE id = %s",
)
CAPPED = "SELECT count(*) FROM attempts WHERE cap_day = d.day AND state <> 'not_sent'"
COUNTED = f"SELECT ({CAPPED}) AS texts, texts AS counted FROM daily_texts d"
BY_STATE = "SELECT state, count(*) AS n FROM recipients WHERE batch_id = %s GROUP BY 1"


async def assert_sums(world: World) -> None:
    for batch_id in world.batches:
        view = await world.office.view(batch_id)
        counted = {
            State(row["state"]): row["n"] for row in await world.office.sql(BY_STATE, batch_id)
        }
        assert view.counts.people == view.total
        assert {state: n for state, n in view.counts.by_state.items() if n} == counted
        told = waiting(view.life, view.counts, view.now)
        assert sum(one.people for one in told) <= view.counts[State.READY]
        if view.life.confirmed_at and phase(view.life, view.counts, view.now) in ENDED:
            assert not view.counts[State.READY] + view.counts[State.SENDING]
    for row in await world.office.sql(COUNTED):
        assert row["texts"] == row["counted"]


async def restored(world: World, place: int) -> None:
    """The database is a copy from before anybody of a batch was texted."""
    batch_id = world.at(place)
    view, people = await world.office.view(batch_id), await world.people(batch_id)
    if not view.life.confirmed_at or view.life.canceled_at or any(p["moved_to"] for p in people):
        return
    await world.crash()
    world.oracle.claims.clear()  # other batches' guard knows nothing of the lost texts
    for sql in IN_THE_COPY:
        await world.office.sql(sql, batch_id)
    await world.office.sql(f"UPDATE daily_texts d SET texts = ({CAPPED})")
    await world.office.restoring.hold()


async def look_up_held(world: World) -> None:
    while held := await world.office.restoring.due(lease=timedelta(0), limit=2):
        texts = {one.claimed.recipient_id: one for one in world.oracle.texts.values()}
        found = {
            p.recipient_id: texts[p.recipient_id] for p in held.people if p.recipient_id in texts
        }
        bound = await world.office.ledger.bound([text.sid for text in found.values()])
        free = {person: text for person, text in found.items() if text.sid not in bound}
        await _bind(world, held, free)
        await world.office.restoring.looked_up(held)


async def _bind(world: World, held: Held, free: dict[int, Text]) -> None:
    digest = hashlib.sha256(BODY.encode()).digest()
    taken = [Taken(person, ACCOUNT, text.sid, digest) for person, text in free.items()]
    attempts = await world.office.restoring.bind(held, taken)
    await world.office.ledger.tell(
        [Told(attempts[person], free[person].report("sent"), "look-up") for person in attempts]
    )


async def assert_everybody_ends(world: World) -> None:
    """Everything is let run: nobody is stuck, and what arrived is said to have arrived."""
    await world.rules(quiet=False, cap=None)
    for number in range(4):
        await world.reply(number, stops=False)
    await world.crash()
    await look_up_held(world)
    await _let_run(world)
    for attempt_id, text in world.oracle.texts.items():
        await world.receipt(attempt_id, "end")
        for row in await world.office.sql("SELECT id FROM attempts WHERE sid = %s", text.sid):
            await world.office.ledger.tell([Told(row["id"], text.report("end"), "look-up")])
    for _ in range(4):
        await world.look()
    for batch_id in world.batches:
        view = await world.office.view(batch_id)
        if view.life.confirmed_at:
            assert phase(view.life, view.counts, view.now) in ENDED, Counter(view.counts.by_state)
            for row in await world.people(batch_id):
                _assert_told(world, row)


async def _let_run(world: World) -> None:
    for _ in range(30):
        for batch_id in world.batches:
            await world.office.decisions.resume(batch_id, send_within=DAY)
            await world.office.decisions.cancel_people(batch_id)
        runnable = await world.office.claims.runnable()
        if not runnable:
            return
        for one in runnable:
            await _serve(world, one.batch_id)
    raise AssertionError("it never comes to an end")


async def _serve(world: World, batch_id: UUID) -> None:
    await world.take(batch_id, 50)
    while world.held:
        world.post("taken", True, True)
    await world.record()


def _assert_told(world: World, row: dict[str, Any]) -> None:
    """Who got a text and was not asked about again is shown to have it."""
    theirs = [one for one in world.oracle.texts.values() if one.claimed.recipient_id == row["id"]]
    if any(one.arrives for one in theirs) and not world.oracle.more[world.oracle.root(row["id"])]:
        assert RANK.get(row["state"], 0) >= RANK["delivered"], (
            row["id"],
            row["state"],
            row["reason"],
        )
