"""What answers and receipts do to the real ledger: any order, doubled, late or early, the same end."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence

import pytest

from tests.office import BODY, DAY, Office, a_sid, an_office
from workers.domain.delivery import State
from workers.ports.outside import Report
from workers.ports.sending import Answer, Claimed, Told
from workers.store.ledger import UNKNOWN

pytestmark = pytest.mark.anyio

HISTORIES: Sequence[tuple[str, Sequence[tuple[str, str]], str]] = [
    ("delivered", [("accepted", ""), ("sent", ""), ("delivered", "")], "delivered"),
    ("undelivered", [("accepted", ""), ("sent", ""), ("undelivered", "30003")], "undelivered"),
    ("read", [("sent", ""), ("delivered", ""), ("read", "")], "read"),
    ("both ends", [("sent", ""), ("failed", "30008"), ("delivered", "")], "delivered"),
]


@pytest.fixture
async def office(module_database_url: str) -> AsyncIterator[Office]:
    async with an_office(module_database_url, lookups=(DAY,), silence=(DAY,)) as office:
        yield office


@pytest.mark.parametrize(
    ("receipts", "end"),
    [pytest.param(given, end, id=name) for name, given, end in HISTORIES],
)
@pytest.mark.parametrize("answered", ["before", "between", "after", "never"])
async def test_in_any_order_with_every_receipt_twice_the_end_is_the_same(
    office: Office, receipts: Sequence[tuple[str, str]], end: str, answered: str
) -> None:
    orders = list(itertools.permutations(receipts))
    batch_id = await office.confirmed(2 * len(orders))
    await office.prove(batch_id)
    claimed = await office.claim(batch_id, 2 * len(orders))

    for one, order in zip(claimed, orders * 2, strict=True):
        sid = f"SM{one.attempt_id.hex}"
        answer = Answer(one.attempt_id, one.recipient_id, batch_id, "accepted", sid=sid)
        at = {"before": 0, "between": 2, "after": 6, "never": 9}[answered]
        for place, (status, code) in enumerate([*order, *reversed(order)]):
            if place == at:
                await office.ledger.answer([answer])
            await office.tell(one, status, code=code)
        if at == 6:
            await office.ledger.answer([answer])

    assert await office.states(batch_id) == {end: 2 * len(orders)}
    assert {(await office.attempt(one))["state"] for one in claimed} == {end}


async def test_receipts_of_one_text_in_one_group_end_like_one_by_one(office: Office) -> None:
    batch_id, (one,) = await office.accepted(1)
    sid = f"SM{one.attempt_id.hex}"
    told = [Told(one.attempt_id, Report(sid, s, s)) for s in ("delivered", "sent", "accepted")]

    await office.ledger.tell(told)

    assert await office.states(batch_id) == {"delivered": 1}
    kept = await office.sql("SELECT status FROM receipts WHERE attempt_id = %s", one.attempt_id)
    assert len(kept) == 3


async def test_a_doubled_receipt_is_kept_once(office: Office) -> None:
    _, (one,) = await office.accepted(1)

    for _ in range(3):
        await office.tell(one, "sent")

    kept = await office.sql("SELECT 1 FROM receipts WHERE attempt_id = %s", one.attempt_id)
    assert len(kept) == 1


async def test_an_attempt_takes_its_sid_however_late_it_comes(office: Office) -> None:
    batch_id = await office.confirmed(1)
    (one,) = await office.claim(batch_id)
    await die(office, one)
    assert await office.states(batch_id) == {"unconfirmed": 1}

    (sid,) = await office.answer(one)

    assert await office.states(batch_id) == {"accepted": 1}
    assert (await office.attempt(one))["sid"] == sid


async def die(office: Office, one: Claimed) -> None:
    await office.sql(
        "UPDATE attempts SET claimed_until = now() - interval '1 s' WHERE id = %s", one.attempt_id
    )
    assert await office.watching.give_up_dead_claims() >= 1


async def test_a_late_yes_for_a_replaced_attempt_moves_the_attempt_but_not_the_person(
    office: Office,
) -> None:
    batch_id = await office.confirmed(1)
    (first,) = await office.claim(batch_id)
    await office.answer(first, state="not_sent")
    (second,) = await office.claim(batch_id)

    (sid,) = await office.answer(first)

    attempt = await office.attempt(first)
    assert (attempt["state"], attempt["sid"]) == ("accepted", sid)
    assert await office.states(batch_id) == {"sending": 1}
    assert (await office.attempt(second))["state"] == "sending"


async def test_when_the_earlier_text_arrived_after_all_the_re_send_is_withdrawn(
    office: Office,
) -> None:
    batch_id, (one,) = await office.accepted(1)
    await office.tell(one, "undelivered", code="30003")
    assert await office.retry(batch_id, State.UNDELIVERED) == 1

    await office.tell(one, "delivered")

    assert await office.states(batch_id) == {"delivered": 1}
    assert await office.claim(batch_id) == []


async def test_what_was_certainly_not_sent_waits_again_and_frees_its_number(
    office: Office,
) -> None:
    batch_id = await office.confirmed(1)
    (one,) = await office.claim(batch_id)
    assert await texted(office, one)

    await office.answer(one, state="not_sent")

    assert await office.states(batch_id) == {"ready": 1}
    assert not await texted(office, one)


async def test_a_late_not_sent_of_an_earlier_attempt_frees_nothing(office: Office) -> None:
    batch_id = await office.confirmed(1)
    (first,) = await office.claim(batch_id)
    await office.answer(first, state="not_sent")
    (second,) = await office.claim(batch_id)

    await office.answer(first, state="not_sent")

    assert await texted(office, second)
    assert await office.states(batch_id) == {"sending": 1}


async def texted(office: Office, one: Claimed) -> bool:
    return bool(await office.sql("SELECT 1 FROM texted WHERE number = %s", one.number))


@pytest.mark.parametrize(("first", "second"), [("delivered", "failed"), ("failed", "delivered")])
async def test_receipts_that_contradict_each_other_are_settled_by_asking(
    office: Office, first: str, second: str
) -> None:
    batch_id, (one,) = await office.accepted(1)
    await office.tell(one, first)
    assert (await office.attempt(one))["next_look_at"] is None

    await office.tell(one, second)

    assert (await office.attempt(one))["next_look_at"] is not None
    assert await office.states(batch_id) == {"delivered": 1}


async def test_read_after_delivered_is_no_contradiction(office: Office) -> None:
    _, (one,) = await office.accepted(1)
    await office.tell(one, "delivered")
    await office.tell(one, "read")

    assert (await office.attempt(one))["next_look_at"] is None


@pytest.mark.parametrize(("word", "code"), [("opted_out", "21610"), ("landline", "30006")])
async def test_what_a_receipt_teaches_of_a_number_is_remembered_for_the_company(
    office: Office, word: str, code: str
) -> None:
    _, (one,) = await office.accepted(1)

    await office.tell(one, "undelivered", code=code, learned=word)

    assert await office.finding.known(42, "sms", [one.number]) == {one.number: word}
    assert await office.finding.known(43, "sms", [one.number]) == {}


async def test_a_receipt_for_an_attempt_that_we_do_not_have_is_kept_and_counted(
    office: Office,
) -> None:
    batch_id, (one,) = await office.accepted(1)
    stranger = Told(batch_id, Report(a_sid(), "delivered", "delivered"))
    before = UNKNOWN._value.get()

    assert await office.ledger.tell([stranger]) == set()

    kept = await office.sql("SELECT 1 FROM receipts WHERE attempt_id = %s", batch_id)
    assert (len(kept), UNKNOWN._value.get() - before) == (1, 1)
    assert (await office.attempt(one))["state"] == "accepted"


async def test_a_hint_moves_nobody_and_asks_soon(office: Office) -> None:
    batch_id, (one,) = await office.accepted(1)

    await office.ledger.hint(one.attempt_id, Report("SM1", "delivered", "delivered"))

    assert await office.states(batch_id) == {"accepted": 1}
    due = {
        looked.attempt_id: looked
        for looked in await office.watching.due_looks(lease=DAY, limit=9_999)
    }
    assert due[one.attempt_id].template == BODY
