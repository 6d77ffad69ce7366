"""What becomes of one post, by what Twilio says: the error's type is the reaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.fakes_ledger import Door, Ledger, a_runtime
from tests.fakes_twilio import ACCOUNT, FakeMessenger
from workers.domain.callback import verify_k
from workers.domain.errors import (
    Misconfigured,
    ProviderError,
    Rejected,
    Throttled,
    Unavailable,
    Unconfirmed,
)
from workers.ports.sending import Claimed
from workers.stages.send import Outcome, post, write_text

pytestmark = pytest.mark.anyio

CLAIMED = Claimed(
    1, UUID(int=1), UUID(int=2), "+37255512345", "We open at nine.", seconds_left=3_600.4
)


async def posted(outcome: ProviderError | None = None, **given: Any) -> tuple[Outcome, Any]:
    messenger = FakeMessenger()
    messenger.script.append(outcome)
    runtime = replace(a_runtime(Ledger(), Door()), messenger=messenger)
    done = await post(runtime, ACCOUNT, replace(CLAIMED, **given), committed_at=100.0)
    return done, messenger.requests[0]


async def test_a_yes_is_told_with_its_sid() -> None:
    outcome, _ = await posted()

    assert outcome.answer.state == "accepted"
    assert outcome.answer.sid
    assert (outcome.answer.attempt_id, outcome.slower, outcome.wait) == (UUID(int=2), False, 0)


@pytest.mark.parametrize(
    ("error", "state", "slower", "wait", "stops"),
    [
        (Throttled(3.5, "20429"), "not_sent", True, 3.5, None),
        (Unavailable("dns"), "not_sent", True, 0, None),
        (Misconfigured("20003"), "not_sent", True, 0, "20003"),
        (Misconfigured(""), "not_sent", True, 0, "account"),
        (Rejected("21211"), "failed", False, 0, None),
        (Rejected("21617"), "failed", False, 0, "21617"),  # too long: for everybody
        (Unconfirmed("500"), "unconfirmed", False, 0, None),
    ],
)
async def test_every_kind_of_no_has_its_reaction(
    error: ProviderError, state: str, slower: bool, wait: float, stops: str | None
) -> None:
    outcome, _ = await posted(error)

    said = (outcome.answer.state, outcome.slower, outcome.wait, outcome.answer.stops)
    assert said == (state, slower, wait, stops)
    assert outcome.answer.sid is None
    assert (outcome.answer.error_code or "") == error.code


async def test_no_error_sends_a_text_twice() -> None:
    messenger = FakeMessenger()
    messenger.script.append(Unconfirmed("lost"))
    runtime = replace(a_runtime(Ledger(), Door()), messenger=messenger)

    await post(runtime, ACCOUNT, CLAIMED, committed_at=0)

    assert len(messenger.requests) == 1


@pytest.mark.parametrize(("code", "learned"), [("21610", "opted_out"), ("21614", "landline")])
async def test_what_a_no_teaches_of_the_number_is_told(code: str, learned: str) -> None:
    outcome, _ = await posted(Rejected(code))

    assert (outcome.answer.state, outcome.answer.learned) == ("failed", learned)


async def test_a_bug_is_no_answer() -> None:
    with pytest.raises(ProviderError):
        await posted(ProviderError("new kind"))


@pytest.mark.parametrize(("left", "validity"), [(3_600.4, 3_600), (0.2, 1), (10**6, 36_000)])
async def test_a_text_is_never_kept_past_its_time(left: float, validity: int) -> None:
    _, message = await posted(seconds_left=left)

    assert message.validity_seconds == validity


async def test_no_text_leaves_later_than_a_second_after_its_claim() -> None:
    """Whoever pressed Stop right after the claim is promised that."""
    _, message = await posted()

    assert message.post_before == 101.0


async def test_receipts_come_back_under_a_k_of_the_attempt() -> None:
    _, message = await posted()

    url, _, rest = message.status_callback.partition("?k=")
    assert url.endswith(f"/twilio/status/{CLAIMED.attempt_id}")
    k = rest.partition("#")[0].partition("&")[0]
    assert verify_k(("k" * 32,), CLAIMED.attempt_id, k)
    assert not verify_k(("k" * 32,), UUID(int=3), k)


async def test_a_text_that_is_empty_for_somebody_has_a_reason() -> None:
    fields = {"person": {"first_name": ""}}

    assert write_text("Hi {{ person.first_name | default: 'you' }}", fields) == ("Hi you", None)
    assert write_text("{{ person.first_name }}", fields)[0] == ""
    assert write_text("{{ person.first_name }}", fields)[1]
