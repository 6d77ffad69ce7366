"""Receipts: what is not ours changes nothing, what is ours is durable, what is unsigned is a hint."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.fakes_ledger import Door, Ledger, a_runtime
from tests.fakes_twilio import ACCOUNT
from workers.domain.callback import callback_url
from workers.domain.errors import Forbidden
from workers.ports.outside import Account, Report
from workers.ports.runtime import Runtime
from workers.ports.sending import Told
from workers.providers.twilio_receipts import TwilioReceipts
from workers.stages.record import record

pytestmark = pytest.mark.anyio

ATTEMPT = UUID(int=7)
URL = callback_url("http://test", ATTEMPT, "k" * 32).partition("#")[0]
K = URL.partition("k=")[2]


@dataclass
class Kept:
    """A ledger of receipts in memory."""

    company: int | None = 1
    told: list[Told] = field(default_factory=list)
    hints: list[Report] = field(default_factory=list)
    lost_at: list[datetime] = field(default_factory=list)

    async def company_of(self, attempt_id: UUID) -> int | None:
        return self.company

    async def hint(self, attempt_id: UUID, report: Report) -> None:
        self.hints.append(report)

    async def lost(self, made: datetime) -> None:
        self.lost_at.append(made)

    async def tell(self, told: Told) -> None:
        self.told.append(told)


class Signed:
    """Twilio's receipts, believed or not whatever the signature says."""

    def __init__(self, *, right: bool) -> None:
        self._right = right
        self.read = TwilioReceipts().read
        self.read_reply = TwilioReceipts().read_reply

    def is_signed(self, account: Account, **_: object) -> bool:
        return self._right


def a_desk(kept: Kept, *, signed: str = "rightly", account: Account | None = ACCOUNT) -> Runtime:
    return replace(
        a_runtime(Ledger(), Door(account=account)),
        restoring=kept,  # type: ignore[arg-type]  # only hears of what is lost
        ledger=kept,  # type: ignore[arg-type]  # tells one by one
        tell=kept.tell,
        receipt_reader=Signed(right=signed == "rightly"),
    )


def a_form(status: str = "delivered", **given: str) -> list[tuple[str, str]]:
    form = {
        "MessageSid": "SM" + "1" * 32,
        "MessageStatus": status,
        "AccountSid": ACCOUNT.account_sid,
        "To": "+37255512345",
    }
    return list({**form, **given}.items())


async def recorded(runtime: Runtime, form: list[tuple[str, str]], *, k: str = K) -> None:
    await record(runtime, ATTEMPT, k=k, url=URL, form=form, signature="s")


async def test_a_signed_receipt_of_ours_is_told_before_it_is_answered() -> None:
    kept = Kept()

    await recorded(a_desk(kept), a_form("undelivered", ErrorCode="30007"))

    (told,) = kept.told
    assert (told.attempt_id, told.report.state, told.report.error_code) == (
        ATTEMPT,
        "undelivered",
        "30007",
    )
    assert (told.stops, told.learned) == (None, None)


@pytest.mark.parametrize("k", ["", "x", K[:-1], K + "0", K.swapcase()])
async def test_a_forged_k_changes_nothing(k: str) -> None:
    kept = Kept()

    with pytest.raises(Forbidden):
        await recorded(a_desk(kept), a_form(), k=k)

    assert (kept.told, kept.hints) == ([], [])


async def test_a_receipt_of_another_account_changes_nothing() -> None:
    kept = Kept()

    with pytest.raises(Forbidden):
        await recorded(a_desk(kept), a_form(AccountSid="AC" + "9" * 32))

    assert (kept.told, kept.hints) == ([], [])


async def test_an_unsigned_receipt_changes_nothing_where_we_have_a_token() -> None:
    kept = Kept()

    with pytest.raises(Forbidden):
        await recorded(a_desk(kept, signed="wrongly"), a_form())

    assert (kept.told, kept.hints) == ([], [])


@pytest.mark.parametrize("status", ["failed", "undelivered", "delivered", "read", "canceled"])
async def test_with_only_an_api_key_an_end_is_a_hint_that_is_looked_up(status: str) -> None:
    kept = Kept()
    key_only = replace(ACCOUNT, auth_tokens=())

    await recorded(a_desk(kept, signed="wrongly", account=key_only), a_form(status))

    assert kept.told == []
    assert [hint.state for hint in kept.hints] == [status]


async def test_with_only_an_api_key_a_step_on_the_way_is_believed() -> None:
    kept = Kept()
    key_only = replace(ACCOUNT, auth_tokens=())

    await recorded(a_desk(kept, signed="wrongly", account=key_only), a_form("sent"))

    assert [told.report.state for told in kept.told] == ["sent"]


@pytest.mark.parametrize("status", ["failed", "undelivered", "delivered", "read", "canceled"])
async def test_without_any_account_an_end_is_a_hint_too(status: str) -> None:
    """Whoever saw the address somewhere must not be able to end a text."""
    kept = Kept()

    await recorded(a_desk(kept, signed="wrongly", account=None), a_form(status))

    assert kept.told == []
    assert [hint.state for hint in kept.hints] == [status]


async def test_a_receipt_for_an_attempt_that_we_do_not_have_is_kept() -> None:
    kept = Kept(company=None)

    await recorded(a_desk(kept), a_form())

    assert len(kept.told) == 1


@pytest.mark.parametrize(("days", "heard"), [(1, 1), (40, 0)])
async def test_a_receipt_for_an_attempt_that_is_gone_says_that_our_data_was_restored(
    days: int, heard: int
) -> None:
    kept = Kept(company=None)
    made = datetime.now(UTC) - timedelta(days=days)
    attempt_id = UUID(int=int(made.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62)

    k = callback_url("http://test", attempt_id, "k" * 32).partition("k=")[2].partition("#")[0]
    runtime = a_desk(kept)

    await record(runtime, attempt_id, k=k, url=URL, form=a_form(), signature="s")

    assert len(kept.lost_at) == heard


async def test_a_form_that_is_no_receipt_is_ignored() -> None:
    kept = Kept()

    await recorded(a_desk(kept), [("Body", "STOP")])

    assert (kept.told, kept.hints) == ([], [])


@pytest.mark.parametrize(
    ("code", "stops", "learned"),
    [("30032", "30032", None), ("21610", None, "opted_out"), ("30006", None, "landline")],
)
async def test_a_code_says_what_it_means_for_the_batch_and_the_number(
    code: str, stops: str | None, learned: str | None
) -> None:
    kept = Kept()

    await recorded(a_desk(kept), a_form("undelivered", ErrorCode=code))

    assert (kept.told[0].stops, kept.told[0].learned) == (stops, learned)
