"""A receipt becomes knowledge: verified, durable before it is answered, forward only."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

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
    account = await _account(runtime, company_id, form) if company_id is not None else None
    if (
        account is not None
        and account.auth_tokens
        and not runtime.receipt_reader.is_signed(
            account, url=url, form=form, signature=signature, settings_header=settings_header
        )
    ):
        raise _forbidden()
    if account is None or account.auth_tokens or RANK[report.state] < RANK["canceled"]:
        await runtime.tell(told(attempt_id, report))
    else:
        # An API key never signs: a final state is believed only after Twilio was asked.
        await runtime.ledger.hint(attempt_id, report)


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
