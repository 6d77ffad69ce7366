"""Several calls under way at once: what is kept, what is asked no more, and what is paid for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.fakes_pipedrive import FakePeople, a_person
from tests.finder import Finder
from tests.office import chosen
from workers.domain.errors import Misconfigured, ProviderError, Rejected, Throttled, Unavailable
from workers.ports.outside import Access, PeoplePage
from workers.stages.ahead import IN_FLIGHT
from workers.stages.resolve import resolve

pytestmark = pytest.mark.anyio
PEOPLE = 1_000


class Together(FakePeople):
    """Answers picked people only once as many calls as can be are under way, the last one first.

    `wrong` says what is answered about the page that begins with a person, once.
    """

    def __init__(self, people: int) -> None:
        super().__init__([a_person(n, f"+3725{n:07d}") for n in range(1, people + 1)])
        self.wrong: dict[int, ProviderError] = {}
        self.waiting: list[asyncio.Future[None]] = []
        self.most = 0
        self.many, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()

    async def by_ids(self, access: Access, ids: Sequence[int]) -> PeoplePage:
        page = await super().by_ids(access, ids)
        if len(self.calls) > 1:  # the first goes alone
            turn = asyncio.get_running_loop().create_future()
            self.waiting.append(turn)
            self.most = max(self.most, len(self.waiting))
            self.many.set()
            asyncio.get_running_loop().call_later(0.01, self._answer_last)
            await turn
            await self.go.wait()
        if ids[0] in self.wrong:
            raise self.wrong.pop(ids[0])
        return page

    def _answer_last(self) -> None:
        self.waiting.pop().set_result(None)


@pytest.fixture
def people(finder: Finder) -> Together:
    finder.people = Together(PEOPLE)
    return finder.people


async def test_picked_people_are_read_by_several_calls_at_once_each_page_once(
    finder: Finder, people: Together
) -> None:
    batch_id = await finder.office.clicked(chosen(range(1, PEOPLE + 1)))

    await resolve(finder.runtime(), batch_id)

    assert people.most == IN_FLIGHT
    assert len(people.calls) == len(set(people.calls)) == PEOPLE / 100
    assert await finder.office.states(batch_id) == {"ready": PEOPLE}
    assert (await finder.office.view(batch_id)).tokens_used == PEOPLE / 10


async def test_whoever_was_picked_first_keeps_a_shared_number_whichever_answer_comes_first(
    finder: Finder, people: Together
) -> None:
    for n in range(150, PEOPLE, 100):
        people.people[n] = a_person(n, "+37255555555")
    batch_id = await finder.office.clicked(chosen(range(1, PEOPLE + 1)))

    await resolve(finder.runtime(), batch_id)

    reasons = await finder.office.reasons(batch_id)
    assert [n for n, reason in reasons.items() if reason == "same_number"] == [
        *range(250, PEOPLE, 100)
    ]
    assert reasons[150] is None


@pytest.mark.parametrize(
    "error", [Throttled(30, "429"), Unavailable("503"), Unavailable("timeout")]
)
async def test_a_page_that_fails_stops_new_calls_and_what_others_answered_is_kept(
    finder: Finder, people: Together, error: ProviderError
) -> None:
    batch_id = await finder.office.clicked(chosen(range(1, PEOPLE + 1)))
    people.wrong = {301: error}

    await resolve(finder.runtime(), batch_id)

    asked = len(people.calls)
    assert asked <= 4 + IN_FLIGHT - 1
    kept = await finder.office.states(batch_id)
    assert kept == {"ready": (asked - 1) * 100, "pending": PEOPLE - (asked - 1) * 100}
    paid = asked if error.code == "timeout" else asked - 1
    assert (await finder.office.view(batch_id)).tokens_used == paid * 10

    await finder.let_go_on(batch_id)
    await resolve(finder.runtime(), batch_id)
    assert await finder.office.states(batch_id) == {"ready": PEOPLE}
    assert len(people.calls) == PEOPLE / 100 + 1, "only the page that failed was asked for again"


async def test_a_no_to_one_page_is_said_and_the_others_are_paid_for(
    finder: Finder, people: Together
) -> None:
    batch_id = await finder.office.clicked(chosen(range(1, PEOPLE + 1)))
    people.wrong = {301: Rejected("404")}

    await resolve(finder.runtime(), batch_id)

    view = await finder.office.view(batch_id)
    assert view.life.refused_reason == "pipedrive_404"
    assert view.tokens_used == len(people.calls) * 10 < PEOPLE / 10


async def test_the_first_call_goes_alone_so_an_ended_day_is_asked_about_once(
    finder: Finder, people: Together
) -> None:
    batch_id = await finder.office.clicked(chosen(range(1, PEOPLE + 1)))
    people.wrong = {1: Throttled(30, "budget")}

    await resolve(finder.runtime(), batch_id)

    assert len(people.calls) == 1


async def test_a_token_that_ends_under_way_is_renewed_once_for_all_calls(
    finder: Finder, people: Together
) -> None:
    batch_id = await finder.office.clicked(chosen(range(1, PEOPLE + 1)))
    people.wrong = {n: Misconfigured("401") for n in (101, 201, 301)}

    await resolve(finder.runtime(), batch_id)

    assert len(finder.identities.refreshed) == 1
    assert await finder.office.states(batch_id) == {"ready": PEOPLE}


async def test_who_is_told_to_stop_keeps_what_is_under_way_and_begins_nothing(
    finder: Finder, people: Together
) -> None:
    batch_id = await finder.office.clicked(chosen(range(1, PEOPLE + 1)))

    await resolve(finder.runtime(), batch_id, stop=lambda: len(people.calls) >= 3)
    asked = len(people.calls)
    assert asked < PEOPLE / 100
    assert (await finder.office.states(batch_id))["ready"] == asked * 100

    await resolve(finder.runtime(), batch_id)
    assert len(people.calls) == PEOPLE / 100
    assert await finder.office.states(batch_id) == {"ready": PEOPLE}


async def test_whose_lease_went_to_another_keeps_nothing_and_its_calls_are_paid_for(
    finder: Finder, people: Together
) -> None:
    batch_id = await finder.office.clicked(chosen(range(1, PEOPLE + 1)))
    slow, quick = finder.runtime(), FakePeople(list(people.people.values()))
    people.go.clear()
    going = asyncio.create_task(resolve(slow, batch_id))
    await people.many.wait()  # the first page is kept, the next ones are under way
    await finder.office.sql("UPDATE batches SET resolve_until = NULL WHERE id = %s", batch_id)

    await resolve(replace(slow, people=quick), batch_id)
    people.go.set()
    await going

    assert len(quick.calls) == PEOPLE / 100 - 1
    view = await finder.office.view(batch_id)
    assert view.counts.by_state == {"ready": PEOPLE}
    assert view.tokens_used == 10 * (len(people.calls) + len(quick.calls))
    assert len(people.calls) <= 1 + IN_FLIGHT
