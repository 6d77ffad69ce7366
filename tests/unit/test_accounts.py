"""Which Twilio account a company sends with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from workers.accounts import CompanyAccounts, OperatorAccount
from workers.ports.outside import Account
from workers.settings import Settings

SID, KEY = "AC" + "1" * 32, "SK" + "3" * 32
SERVICE = "MG" + "2" * 32


@dataclass
class Installed:
    first: int | None = None

    async def first_company(self) -> int | None:
        return self.first


def account_for(*, first: int | None = 7, **given: Any) -> OperatorAccount:
    wanted = {"twilio_account_sid": SID, "twilio_auth_token": "t1", "twilio_from": "+3725550001"}
    settings = Settings.model_validate({"secret_key": "s" * 32, **wanted, **given})
    return OperatorAccount(settings, Installed(first))


@pytest.mark.anyio
async def test_the_first_company_that_installed_sends_with_the_operators_account() -> None:
    accounts = account_for(first=7)
    account = await accounts.of(7)
    assert account is not None
    assert (account.username, account.password, account.origin) == (SID, "t1", "+3725550001")
    assert await accounts.of(8) is None


@pytest.mark.anyio
async def test_before_anybody_installed_nobody_may_send() -> None:
    assert await account_for(first=None).of(7) is None


@pytest.mark.anyio
async def test_named_companies_may_send_and_no_others() -> None:
    accounts = account_for(first=7, twilio_companies=" 8, 9,")
    assert await accounts.of(8) is not None
    assert await accounts.of(9) is not None
    assert await accounts.of(7) is None


@pytest.mark.anyio
async def test_a_star_lets_every_company_send() -> None:
    assert await account_for(first=None, twilio_companies=" * ").of(123) is not None


@pytest.mark.anyio
async def test_an_api_key_signs_in_and_every_token_may_sign_receipts() -> None:
    account = await account_for(
        twilio_api_key_sid=KEY, twilio_api_key_secret="s3", twilio_auth_token="new, old"
    ).of(7)
    assert account is not None
    assert (account.account_sid, account.username, account.password) == (SID, KEY, "s3")
    assert account.auth_tokens == ("new", "old")


@pytest.mark.anyio
async def test_during_a_rotation_the_first_token_signs_in() -> None:
    account = await account_for(twilio_auth_token="new,old").of(7)
    assert account is not None
    assert account.password == "new"


@pytest.mark.anyio
async def test_a_key_without_a_token_is_enough_to_send() -> None:
    account = await account_for(
        twilio_api_key_sid=KEY, twilio_api_key_secret="s3", twilio_auth_token=""
    ).of(7)
    assert account is not None
    assert account.auth_tokens == ()


@pytest.mark.anyio
async def test_a_messaging_service_goes_before_a_number() -> None:
    account = await account_for(twilio_messaging_service_sid=SERVICE).of(7)
    assert account is not None
    assert account.origin == SERVICE


@pytest.mark.anyio
@pytest.mark.parametrize("missing", ["twilio_account_sid", "twilio_auth_token", "twilio_from"])
async def test_an_account_that_is_not_whole_is_none(missing: str) -> None:
    assert await account_for(twilio_companies="*", **{missing: ""}).of(7) is None  # type: ignore[arg-type]  # the name is a parameter


def test_companies_that_are_no_numbers_are_refused_at_start() -> None:
    with pytest.raises(ValueError, match="TWILIO_COMPANIES"):
        account_for(twilio_companies="acme")


@pytest.mark.anyio
async def test_an_account_never_shows_its_secrets() -> None:
    account = await account_for(twilio_auth_token="very-secret").of(7)
    assert "very-secret" not in repr(account)


@dataclass
class Own:
    """A company's own accounts: the one it sends with, and those it let go."""

    account: Account | None
    let_go: Sequence[Account] = ()

    async def sends(self, company_id: int) -> Account | None:
        return self.account

    sends_now = sends

    async def former(self, company_id: int) -> Sequence[Account]:
        return self.let_go


def own(letter: str) -> Account:
    return Account("AC" + letter * 32, "AC" + letter * 32, "token")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("now", "let_go", "ever"),
    [
        ("a", "b", ["a", "b", "1"]),
        ("a", "", ["a", "1"]),
        (None, "b", ["1", "b"]),
        ("1", "b", ["1", "b"]),
    ],
)
async def test_a_company_s_texts_were_made_with_its_accounts_or_the_operator_s(
    now: str | None, let_go: str, ever: list[str]
) -> None:
    known: Any = Own(own(now) if now else None, [own(letter) for letter in let_go])

    accounts = await CompanyAccounts(known, account_for(first=7)).ever_of(7)

    assert [account.account_sid[-1] for account in accounts] == ever


@pytest.mark.anyio
async def test_a_company_that_sends_with_nothing_now_is_asked_about_nowhere() -> None:
    known: Any = Own(None, [own("b")])

    assert await CompanyAccounts(known, account_for(first=8)).ever_of(7) == ()
