"""A person's reply: verified, and STOP or START kept for the companies it is meant for."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from workers.domain.errors import Forbidden
from workers.ports.outside import Account
from workers.ports.runtime import Runtime
from workers.ports.suppressions import Reply

log = structlog.get_logger()
Form = Sequence[tuple[str, str]]
Signer = tuple[int | None, Account]  # None: the operator's account, which several companies share


async def hear(
    runtime: Runtime, *, url: str, form: Form, signature: str, settings_header: str = ""
) -> None:
    """Keeps the wish in a reply, durable when it returns. Raises Forbidden, and then nothing was changed.

    Only who proves to be the account's Twilio is believed, with a token that we know: an API key
    never signs (twilio.md §4).
    """
    named = dict(form).get("AccountSid", "")
    signers = [
        signer
        for signer in await runtime.accounts.with_sid(named)
        if runtime.receipt_reader.is_signed(
            signer[1], url=url, form=form, signature=signature, settings_header=settings_header
        )
    ]
    if not signers:
        raise Forbidden("not_signed", "This is not a reply to us.")
    reply = runtime.receipt_reader.read_reply(form)
    if reply is None or reply.keyword is None:
        return
    companies = await _meant(runtime, reply, signers)
    await runtime.suppressions.heard(companies, reply)
    log.info("reply_heard", wish=reply.keyword.wish.value, companies=sorted(companies))


async def _meant(runtime: Runtime, reply: Reply, signers: Sequence[Signer]) -> Collection[int]:
    """The companies that a reply concerns.

    A company's own account is for that company. The operator's is for those who have this person
    in a text; of several companies those count whose sender was answered, if any is.
    """
    own = {company for company, _ in signers if company is not None}
    texted = await runtime.suppressions.who_has(reply)
    if any(company is None for company, _ in signers):
        own |= set(texted)
    answered = {company for company in own if texted.get(company)}
    return answered if len(own) > 1 and answered else own
