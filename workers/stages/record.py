"""A receipt becomes knowledge: verified, durable before it is answered, forward only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from workers.domain.attempt import made_at
from workers.domain.callback import verify_k
from workers.domain.delivery import RANK
from workers.domain.errors import Forbidden
from workers.domain.reasons import code_of
from workers.ports.outside import Account, Report
from workers.ports.runtime import Runtime
from workers.ports.sending import Told

Form = Sequence[tuple[str, str]]


async def record(
    runtime: Runtime,
    attempt_id: UUID,
    *,
    k: str,
    url: str,
    form: Form,
    signature: str,
    settings_header: str = "",
) -> None:
    """Keeps a status callback of `attempt_id`. Raises Forbidden, and then nothing was changed."""
    if not verify_k(runtime.settings.secret_keys, attempt_id, k):
        raise _forbidden()
    report = runtime.receipt_reader.read(form)
    if report is None:
        return
    company_id = await runtime.ledger.company_of(attempt_id)
    if company_id is None:
        await _lost(runtime, attempt_id)
    account = await _account(runtime, company_id, form) if company_id is not None else None
    if (
        account is not None
        and account.auth_tokens
        and not runtime.receipt_reader.is_signed(
            account, url=url, form=form, signature=signature, settings_header=settings_header
        )
    ):
        raise _forbidden()
    was_signed = account is not None and bool(account.auth_tokens)
    if was_signed or company_id is None or RANK[report.state] < RANK["canceled"]:
        await runtime.tell(told(attempt_id, report))
    else:
        # An API key never signs, nor can anybody check where no account is left (design §6): a
        # final state is believed only after Twilio was asked. Until then it stays as it is.
        await runtime.ledger.hint(attempt_id, report)


async def _lost(runtime: Runtime, attempt_id: UUID) -> None:
    """Only we can have made the address, so the attempt was there once: our data was restored.

    Unless it is so old that its company was forgotten meanwhile.
    """
    made = made_at(attempt_id)
    kept = timedelta(days=runtime.settings.forget_days)
    if made is not None and datetime.now(UTC) - made < kept:
        await runtime.restoring.lost(made)


def told(attempt_id: UUID, report: Report, *, source: str = "callback") -> Told:
    """A report with what its code means for the batch and for the number."""
    known = code_of(report.error_code) if report.error_code else None
    return Told(
        attempt_id,
        report,
        source,
        stops=report.error_code if known and known.stops_batch else None,
        learned=(known.remember or None) if known else None,
    )


async def _account(runtime: Runtime, company_id: int, form: Form) -> Account | None:
    """The account that posts, as the company's: one it left a while ago still tells of its texts.

    A receipt of another account, signed with that account's token, is not ours.
    """
    named = dict(form).get("AccountSid", "")
    account = await runtime.accounts.made_with(company_id, account_sid=named)
    if account is None and await runtime.accounts.of(company_id) is not None:
        raise _forbidden()
    return account


def _forbidden() -> Forbidden:
    return Forbidden("not_signed", "This is not a receipt of ours.")
