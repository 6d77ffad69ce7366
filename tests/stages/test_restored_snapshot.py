"""A copy of the disk looks like the same database: the broker knows that it was further."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from tests.fakes_twilio import FakeMessenger
from tests.office import Office, an_office
from tests.post_room import a_post_room, until_view
from tests.stages.test_restore import a_watch
from workers.ports.runtime import Runtime
from workers.stages.restore import notice

pytestmark = pytest.mark.anyio


@dataclass
class Broker:
    """Remembers marks until it is flushed."""

    marks: dict[str, int] = field(default_factory=dict)

    async def read(self, database: str) -> int:
        return self.marks.get(database, 0)

    async def keep(self, database: str, mark: int) -> None:
        self.marks[database] = mark


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


def a_process(office: Office, broker: Broker) -> Runtime:
    return replace(a_watch(office, FakeMessenger()), marks=broker)


async def copied_back(office: Office, *, looks: int) -> None:
    """The database is as it was so many looks ago."""
    await office.sql("UPDATE incarnation SET mark = mark - %s", looks)


async def test_a_copy_of_the_disk_is_held(office: Office) -> None:
    process = a_process(office, Broker())
    for _ in range(3):
        await notice(process)
    batch_id = await office.confirmed(2)
    await copied_back(office, looks=1)

    await notice(process)

    view = await office.view(batch_id)
    assert (view.life.pause_reason, view.pause_code) == ("restored", "looking")


async def test_it_is_held_once_and_then_the_same_database_again(office: Office) -> None:
    process = a_process(office, Broker())
    await notice(process)
    await office.confirmed(1)
    await copied_back(office, looks=1)
    await notice(process)
    await office.sql("UPDATE batches SET paused_at = NULL, pause_reason = NULL, pause_code = NULL")

    for _ in range(3):
        await notice(process)

    assert await office.sql("SELECT FROM batches WHERE paused_at IS NOT NULL") == []


async def test_processes_side_by_side_hold_nothing_of_each_other(office: Office) -> None:
    broker = Broker()
    batch_id = await office.confirmed(1)

    for _ in range(5):
        await asyncio.gather(*(notice(a_process(office, broker)) for _ in range(4)))

    assert (await office.view(batch_id)).life.paused_at is None


@pytest.mark.parametrize("forgets", ["everything", "the last looks"])
async def test_a_broker_that_forgets_holds_nothing(office: Office, forgets: str) -> None:
    broker = Broker()
    await notice(a_process(office, broker))
    before = {} if forgets == "everything" else dict(broker.marks)
    for _ in range(3):
        await notice(a_process(office, broker))
    batch_id = await office.confirmed(1)
    broker.marks = before

    await notice(a_process(office, broker))

    assert (await office.view(batch_id)).life.paused_at is None


async def test_a_sender_that_starts_on_a_copy_texts_nobody(office: Office) -> None:
    broker, messenger = Broker(), FakeMessenger()
    for _ in range(3):
        await notice(a_process(office, broker))
    batch_id = await office.confirmed(3)
    await copied_back(office, looks=2)

    async with a_post_room(office, messenger, marks=broker):
        await until_view(office, batch_id, lambda view: view.life.paused_at)

    assert messenger.requests == []
