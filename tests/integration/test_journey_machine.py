"""A machine that tries every order of claims, crashes, lost answers and receipts on the real ledger.

Its oracle is what "Twilio" accepted. At every step: everybody selected is in exactly one state, and
nobody was accepted twice unless a person asked for it. At the end: nobody is forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.office import an_office
from workers.domain.delivery import RANK, State
from workers.ports.outside import Report
from workers.ports.sending import Answer, Claimed, Told

PEOPLE = 6
DAY = timedelta(days=1)
LOOKS = (timedelta(0), timedelta(0))
AGE_CLAIMS = "UPDATE attempts SET claimed_until = now() - interval '1 s' WHERE state = 'sending'"
STATES = "SELECT number, state FROM recipients WHERE batch_id = %s"
WORKERS = st.sampled_from(["ada", "bea"])
STATUSES = st.sampled_from(["accepted", "sent", "delivered", "undelivered", "failed", "read"])

T = TypeVar("T")


@dataclass
class Worker:
    """One worker's memory; a crash wipes it."""

    held: list[Claimed] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


@dataclass
class Twilio:
    """The oracle: what was accepted, by attempt and by number."""

    sids: dict[UUID, str] = field(default_factory=dict)
    accepted: Counter[str] = field(default_factory=Counter)

    def accept(self, claimed: Claimed) -> str:
        self.sids[claimed.attempt_id] = sid = f"SM{claimed.attempt_id.hex}"
        self.accepted[claimed.number] += 1
        return sid


class JourneyMachine(RuleBasedStateMachine):
    """Two workers, one batch, and a world that goes wrong in every order."""

    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = contextlib.AsyncExitStack()
        office = an_office(self.url, lookups=LOOKS, silence=LOOKS, guard_seconds=0)
        self.office = self.do(self.stack.enter_async_context(office))
        self.workers = {"ada": Worker(), "bea": Worker()}
        self.twilio = Twilio()
        self.stale: set[UUID] = set()
        self.asked: Counter[str] = Counter()  # re-sends that a person asked for

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def a_confirmed_batch(self) -> None:
        self.batch_id: UUID = self.do(self.office.confirmed(PEOPLE))

    @rule(name=WORKERS, limit=st.integers(1, 4))
    def claim(self, name: str, limit: int) -> None:
        claimed = self.do(self.office.claim(self.batch_id, limit, worker=name))
        self.workers[name].held.extend(claimed)

    @rule(
        name=WORKERS,
        fate=st.sampled_from(["taken", "lost, taken", "lost, not taken", "no", "not sent"]),
    )
    def post(self, name: str, fate: str) -> None:
        worker = self.workers[name]
        if not worker.held:
            return
        claimed = worker.held.pop()
        if claimed.attempt_id in self.stale:
            fate = "not sent"  # the two-second rule
        sid = self.twilio.accept(claimed) if "taken" in fate and "not" not in fate else None
        states = {"taken": "accepted", "no": "failed", "not sent": "not_sent"}
        worker.answers.append(
            Answer(
                claimed.attempt_id,
                claimed.recipient_id,
                self.batch_id,
                states.get(fate, "unconfirmed"),
                sid=sid if fate == "taken" else None,
                error_code="30003" if fate == "no" else None,
            )
        )

    @rule(name=WORKERS)
    def record(self, name: str) -> None:
        answers, self.workers[name].answers = self.workers[name].answers, []
        self.do(self.office.ledger.answer(answers))

    @rule(name=WORKERS)
    def crash(self, name: str) -> None:
        self.workers[name] = Worker()

    @rule()
    def claims_die(self) -> None:
        self.stale.update(claim.attempt_id for w in self.workers.values() for claim in w.held)
        self.do(self.office.sql(AGE_CLAIMS))
        self.do(self.office.watching.give_up_dead_claims())

    @precondition(lambda self: self.twilio.sids)
    @rule(data=st.data(), status=STATUSES, times=st.integers(1, 2))
    def receipt(self, data: st.DataObject, status: str, times: int) -> None:
        attempt_id = data.draw(st.sampled_from(sorted(self.twilio.sids)))
        report = Report(self.twilio.sids[attempt_id], status, status)
        self.do(self.office.ledger.tell([Told(attempt_id, report)] * times))

    @rule()
    def look(self) -> None:
        for looked in self.do(self.office.watching.due_looks(lease=DAY)):
            sid = self.twilio.sids.get(looked.attempt_id)
            if sid is not None:
                told = Told(looked.attempt_id, Report(sid, "sent", "sent"), "look-up")
                self.do(self.office.ledger.tell([told]))
            self.do(
                self.office.watching.looked(looked.attempt_id, was=looked.state, found="counted")
            )

    @rule()
    def pause_and_go_on(self) -> None:
        self.do(self.office.decisions.pause(self.batch_id, by=7, reason="person"))
        self.claim("ada", 4)
        self.do(self.office.decisions.resume(self.batch_id, send_within=DAY))

    @rule(states=st.sampled_from([(State.FAILED, State.UNDELIVERED), (State.UNCONFIRMED,)]))
    def text_again(self, states: tuple[State, ...]) -> None:
        before = self.do(self._states())
        self.do(self.office.retry(self.batch_id, *states))
        after = self.do(self._states())
        for number, state in after.items():
            if state == "ready" and before[number] != "ready":
                self.asked[number] += 1

    async def _states(self) -> dict[str, str]:
        got = await self.office.sql(STATES, self.batch_id)
        return {row["number"]: row["state"] for row in got}

    @rule()
    def stop(self) -> None:
        self.do(self.office.decisions.cancel(self.batch_id, by=7))

    @rule()
    def move_stopped(self) -> None:
        self.do(self.office.decisions.cancel_people(self.batch_id))

    @invariant()
    def everybody_is_in_one_state(self) -> None:
        if hasattr(self, "batch_id"):
            view = self.do(self.office.view(self.batch_id))
            assert view.counts.people == view.total == PEOPLE

    @invariant()
    def nobody_was_accepted_twice_unasked(self) -> None:
        for number, times in self.twilio.accepted.items():
            assert times <= 1 + self.asked[number], number

    def teardown(self) -> None:
        try:
            if hasattr(self, "batch_id"):
                self._nobody_is_forgotten()
        finally:
            self.do(self.stack.aclose())
            self.runner.close()

    def _nobody_is_forgotten(self) -> None:
        self.claims_die()
        for attempt_id, sid in self.twilio.sids.items():
            report = Report(sid, "delivered", "delivered")
            self.do(self.office.ledger.tell([Told(attempt_id, report)]))
        states = self.do(self._states())
        assert "sending" not in states.values()
        for number in self.twilio.accepted:
            # A re-send that was asked for and not yet tried, or refused, hides the earlier text.
            if not self.asked[number]:
                assert RANK[states[number]] >= RANK["delivered"], (number, states)


@pytest.fixture
def machine(module_database_url: str) -> type[JourneyMachine]:
    JourneyMachine.url = module_database_url
    return JourneyMachine


def test_nobody_is_texted_twice_or_forgotten_in_any_order_of_events(
    machine: type[JourneyMachine],
) -> None:
    test_case = machine.TestCase
    test_case.settings = settings(
        max_examples=int(os.environ.get("EXAMPLES", "30")),
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    test_case().runTest()
