"""A machine that tries the rules on several batches for the same people, in every order.

Nobody is texted twice unasked, sums hold at every step, and in the end nobody is stuck.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.office import an_office
from tests.rules_end import assert_everybody_ends, assert_sums, look_up_held, restored
from tests.rules_world import GUARD, World

PLACES = st.integers(0, 3)
FATES = st.sampled_from(["taken", "lost, taken", "lost", "no", "not sent"])
PICKS = ["out", "in", "other", "all"]
WORK = ["claim", "post", "post", "record", "crash"]
WORLD = ["night", "cap", "no rules", "test", "STOP", "START", "tomorrow", "restored", "looked up"]
T = TypeVar("T")


class RulesMachine(RuleBasedStateMachine):
    """Every rule is one thing that a person, a worker, Twilio or time does."""

    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = contextlib.AsyncExitStack()
        looks = (timedelta(0), timedelta(0))
        office = an_office(self.url, lookups=looks, silence=looks, guard_seconds=0, rules=GUARD)
        self.world = World(self.do(self.stack.enter_async_context(office)))

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        self.do(self.world.begin())

    # Few rules, each of several things: sending is as likely as all that disturbs it.
    @rule(
        at=PLACES, fate=st.sampled_from(["taken", "taken", "not sent", "no"]), arrives=st.booleans()
    )
    def send(self, at: int, fate: str, arrives: bool) -> None:
        self.do(self.world.send(at, fate, arrives))

    @rule(
        at=PLACES, nth=PLACES, what=st.sampled_from(["draft", "text", "leave_out", "send", *PICKS])
    )
    def write(self, at: int, nth: int, what: str) -> None:
        match what:
            case "draft":
                self.do(self.world.draft())
            case "text" | "leave_out" | "send":
                self.do(self.world.confirm(at, None if what == "send" else what))
            case _:
                self.do(self.world.pick(at, nth, what))

    @rule(at=PLACES, fate=FATES, arrives=st.booleans(), what=st.sampled_from(WORK))
    def work(self, at: int, fate: str, arrives: bool, what: str) -> None:
        match what:
            case "claim":
                self.do(self.world.claim(at, at + 1))
            case "post":
                self.world.post(fate, arrives, at > 1)
            case "record":
                self.do(self.world.record())
            case _:
                self.do(self.world.crash())

    @rule(data=st.data(), what=st.sampled_from(["sent", "end", "look"]))
    def tell(self, data: st.DataObject, what: str) -> None:
        texts = sorted(self.world.oracle.texts)
        if what == "look":
            self.do(self.world.look())
        elif texts:
            self.do(self.world.receipt(data.draw(st.sampled_from(texts)), what))

    @rule(at=PLACES, what=st.sampled_from(["pause", "resume", "stop", "undo", "move"]))
    def press(self, at: int, what: str) -> None:
        self.do(self.world.press(at, what))

    @rule(at=PLACES, what=st.sampled_from(["unknown", "no", "follow stopped", "follow failed"]))
    def text_again(self, at: int, what: str) -> None:
        if what.startswith("follow"):
            self.do(self.world.follow(at, what.split()[1]))
        else:
            self.do(self.world.text_again(at, unknown=what == "unknown"))

    @rule(at=PLACES, number=PLACES, what=st.sampled_from(WORLD))
    def happens(self, at: int, number: int, what: str) -> None:
        match what:
            case "night" | "cap" | "no rules":
                cap = 2 if what == "cap" else None
                self.do(self.world.rules(quiet=what == "night", cap=cap))
            case "test":
                self.do(self.world.test(at, number))
            case "STOP" | "START":
                self.do(self.world.reply(number, stops=what == "STOP"))
            case "tomorrow":
                self.do(self.world.day_passes())
            case "restored":
                self.do(restored(self.world, at))
            case _:
                self.do(look_up_held(self.world))

    @invariant()
    def nobody_is_texted_twice_unasked(self) -> None:
        self.world.oracle.assert_nobody_twice()

    @invariant()
    def sums_hold(self) -> None:
        self.do(assert_sums(self.world))

    def teardown(self) -> None:
        try:
            self.do(assert_everybody_ends(self.world))
        finally:
            self.do(self.stack.aclose())
            self.runner.close()


@pytest.fixture
def machine(module_database_url: str) -> type[RulesMachine]:
    RulesMachine.url = module_database_url
    return RulesMachine


@pytest.mark.anyio
async def test_a_claim_not_used_between_two_texts_is_seen_by_the_machine_too(
    module_database_url: str,
) -> None:
    async with an_office(module_database_url, guard_seconds=0, rules=GUARD) as office:
        world = World(office)
        await world.begin()
        for at, fate in ((0, "taken"), (2, "not sent"), (1, "taken")):
            await world.send(at, fate, True)
        world.oracle.assert_nobody_twice()


def test_the_rules_together_text_nobody_twice_and_forget_nobody(
    machine: type[RulesMachine],
) -> None:
    test_case = machine.TestCase
    test_case.settings = settings(
        max_examples=int(os.environ.get("EXAMPLES", "25")),
        stateful_step_count=40,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),  # a short example costs minutes to find
        suppress_health_check=list(HealthCheck),
    )
    test_case().runTest()
