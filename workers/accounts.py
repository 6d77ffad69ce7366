"""Knows which Twilio account a company sends with: its own, else the operator's by its rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from workers.domain.errors import CannotOpen
from workers.ports.company import OwnAccounts
from workers.ports.outside import Account
from workers.settings import Settings


class FirstCompany(Protocol):
    """What this needs of the installations."""

    async def first_company(self) -> int | None: ...


log = structlog.get_logger()


class CompanyAccounts:
    """Our `Accounts`: the company's own account goes before the operator's."""

    def __init__(self, own: OwnAccounts, operators: OperatorAccount) -> None:
        self._own = own
        self._operators = operators

    async def of(self, company_id: int) -> Account | None:
        """The account that `company_id` sends with, or None: it may write but not send."""
        try:
            return (
                await self._own.sends(company_id)
                or await self._operators.of(company_id)
                # "None" stops texts: it must not come from before an account was connected.
                or await self._own.sends_now(company_id)
            )
        except CannotOpen:  # nor the operator's instead: people would see another number
            log.error("account_cannot_be_opened", company=company_id)
            return None

    async def ever_of(self, company_id: int) -> Sequence[Account]:
        """All that its texts may have been made with, first the one it sends with.

        None at all where it sends with none now.
        """
        account = await self.of(company_id)
        if account is None:
            return ()
        others = [*await self._own.former(company_id), await self._operators.of(company_id)]
        ever: dict[str, Account] = {}
        for one in (account, *filter(None, others)):
            ever.setdefault(one.account_sid, one)
        return tuple(ever.values())

    async def with_sid(self, account_sid: str) -> Sequence[tuple[int | None, Account]]:
        """Accounts with this SID and whose each is; None = shared by several companies."""
        found: list[tuple[int | None, Account]] = [*await self._own.with_sid(account_sid)]
        operators = self._operators.named(account_sid)
        if operators is not None:
            found.append((await self._operators.only_company(), operators))
        return found

    async def made_with(
        self, company_id: int, *, account_sid: str, origin: str = ""
    ) -> Account | None:
        """The account of a text made earlier; None where its login is gone.

        `origin` is what that text was sent from: a look-up by number goes by it.
        """
        account = await self._made_with(company_id, account_sid)
        if account is None or origin in {"", account.origin}:
            return account
        service = origin if origin.startswith("MG") else ""
        return replace(account, messaging_service_sid=service, sender="" if service else origin)

    async def _made_with(self, company_id: int, account_sid: str) -> Account | None:
        account = await self.of(company_id)
        if account is not None and account.account_sid == account_sid:
            return account
        former = await self._own.former(company_id)
        known = (one for one in former if one.account_sid == account_sid)
        return next(known, None) or self._operators.named(account_sid)


class OperatorAccount:
    """The operator's account for the companies that may use it, none for others."""

    def __init__(self, settings: Settings, installations: FirstCompany) -> None:
        self._account = account_in(settings)
        self._companies = companies_in(settings.twilio_companies)
        self._installations = installations
        self._first: int | None = None

    async def of(self, company_id: int) -> Account | None:
        """The account that `company_id` sends with, or None: it may write but not send."""
        if self._account is None:
            return None
        if self._companies == "first":
            allowed = company_id == await self._first_company()
        else:
            allowed = self._companies == "*" or company_id in self._companies
        return self._account if allowed else None

    def named(self, account_sid: str) -> Account | None:
        """The operator's account, if this is its SID, whoever may use it now."""
        known = self._account
        return known if known is not None and known.account_sid == account_sid else None

    async def only_company(self) -> int | None:
        """The one company that may use it; None where there are several, or none yet."""
        if self._companies == "first":
            return await self._first_company()
        if isinstance(self._companies, str) or len(self._companies) != 1:
            return None
        return next(iter(self._companies))

    async def _first_company(self) -> int | None:
        """Who came first stays first, so it is asked until there is one."""
        if self._first is None:
            self._first = await self._installations.first_company()
        return self._first


def account_in(settings: Settings) -> Account | None:
    """The account of the environment, or None where a part of it is missing."""
    tokens = settings.twilio_auth_tokens
    key, secret = settings.twilio_api_key_sid, settings.twilio_api_key_secret.get_secret_value()
    sends_from = settings.twilio_messaging_service_sid or settings.twilio_from
    if not settings.twilio_account_sid or not sends_from or not (key or tokens):
        return None
    return Account(
        account_sid=settings.twilio_account_sid,
        username=key or settings.twilio_account_sid,
        password=secret if key else tokens[0],
        auth_tokens=tokens,
        messaging_service_sid=settings.twilio_messaging_service_sid,
        sender=settings.twilio_from,
    )


def companies_in(text: str) -> frozenset[int] | str:
    """`TWILIO_COMPANIES`: "*", the ids, or "first" when unset."""
    if text.strip() in {"", "*"}:
        return text.strip() or "first"
    try:
        return frozenset(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError(f"TWILIO_COMPANIES={text!r}: write * or ids like 7,8") from None
