"""A company's own Twilio account: verified, sealed, given a sender, and let go again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import structlog

from workers.domain.errors import (
    BadRequest,
    Conflict,
    Misconfigured,
    ProviderError,
    Refused,
    Rejected,
    Throttled,
)
from workers.ports.company import OwnAccount
from workers.ports.outside import Account, User
from workers.ports.runtime import Runtime

log = structlog.get_logger()
_SID = re.compile(r"(AC|SK)[0-9a-f]{32}", re.IGNORECASE)
_SERVICE = re.compile(r"MG[0-9a-f]{32}", re.IGNORECASE)
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_SECRET = re.compile(r"[!-~]{8,128}")
_SPACING = str.maketrans("", "", " ().-\u00a0\u2011\u202f")
_NOTHING = "Nothing was stored."


@dataclass(frozen=True, slots=True)
class Login:
    """What an admin typed to connect an account."""

    account_sid: str
    key_sid: str = ""
    key_secret: str = field(default="", repr=False)
    auth_token: str = field(default="", repr=False)  # several, separated by commas


async def connect(runtime: Runtime, user: User, login: Login) -> None:
    """Keeps the login once Twilio has taken it; the company goes on sending as before."""
    account = _read(login)
    await _verify(runtime, account)
    if account.auth_tokens and account.username != account.account_sid:
        # A token that is not the account's would make every receipt look forged.
        signs = replace(account, username=account.account_sid, password=account.auth_tokens[0])
        await _verify(runtime, signs, said="auth token")
    senders = await runtime.account_setup.senders(account)
    await runtime.own_accounts.keep(user.company_id, account, senders, by=user.user_id)
    log.info("account_verified", company=user.company_id, by=user.user_id)


async def choose_sender(runtime: Runtime, user: User, typed: str) -> None:
    """The company sends from this number or Messaging Service from now on."""
    kept = await runtime.own_accounts.choosing(user.company_id)
    if kept is None:
        raise _too_late()
    service, sender = _read_sender(typed, kept)
    account_sid = kept.account.account_sid
    if not await runtime.own_accounts.choose(
        user.company_id, account_sid, service=service, sender=sender
    ):
        raise _too_late()
    log.info("account_connected", company=user.company_id, by=user.user_id)


async def choose_again(runtime: Runtime, user: User) -> None:
    """Another sender of the account that is connected already."""
    connected = await runtime.own_accounts.connected(user.company_id)
    if connected is None:
        raise _too_late()
    await _verify(runtime, connected.account, known=True)
    senders = await runtime.account_setup.senders(connected.account)
    await runtime.own_accounts.keep(user.company_id, connected.account, senders, by=user.user_id)


async def agree(runtime: Runtime, user: User, origin: str, parts_a_second: float) -> None:
    """Twilio and the company agreed that `origin` sends so many parts a second; 0 = as usual.

    It is the sender's that was shown, and no other's.
    """
    own = await runtime.own_accounts.connected(user.company_id)
    if (
        own is None
        or own.account.origin != origin
        or not await runtime.own_accounts.set_speed(user.company_id, own.account, parts_a_second)
    ):
        raise Conflict(
            "another_sender",
            "Texts are sent from another sender by now.",
            f"Look at it, then type how fast that one is. {_NOTHING}",
        )
    log.info("speed_agreed", company=user.company_id, by=user.user_id, a_second=parts_a_second)


async def disconnect(runtime: Runtime, user: User) -> None:
    """The company sends no more with its own account; doing it twice changes nothing more."""
    if await runtime.own_accounts.disconnect(user.company_id):
        log.info("account_disconnected", company=user.company_id, by=user.user_id)


# ---------------------------------------------------------------- what was typed


def _read(login: Login) -> Account:
    """The account that was typed, or what is wrong with it, before Twilio is asked."""
    account_sid, key_sid, secret = (
        part.strip() for part in (login.account_sid, login.key_sid, login.key_secret)
    )
    tokens = tuple(token.strip() for token in login.auth_token.split(",") if token.strip())
    if not _is_sid(account_sid, "AC"):
        raise _typo("The Account SID starts with AC and has 34 characters.", "account_sid")
    if key_sid and not _is_sid(key_sid, "SK"):
        raise _typo("An API key's SID starts with SK and has 34 characters.", "key_sid")
    if bool(key_sid) != bool(secret):
        raise _typo("An API key has two parts: its SID and its secret.", "key")
    if not key_sid and not tokens:
        raise _typo("Type an API key with its secret, or the account's auth token.", "login")
    if not all(_SECRET.fullmatch(part) for part in (*tokens, *([secret] if secret else []))):
        raise _typo("A secret has letters and digits only, without spaces.", "secret")
    return Account(
        account_sid=account_sid,
        username=key_sid or account_sid,
        password=secret or tokens[0],
        auth_tokens=tokens,
    )


def _is_sid(text: str, kind: str) -> bool:
    return text.startswith(kind) and _SID.fullmatch(text) is not None


def _read_sender(typed: str, kept: OwnAccount) -> tuple[str, str]:
    """(Messaging Service, "") or ("", number in E.164)."""
    plain = typed.strip().translate(_SPACING)
    if _SERVICE.fullmatch(plain):
        known = {sid for sid, _ in kept.senders.services}
        if plain not in known and "services" not in kept.senders.unread:
            raise BadRequest(
                "unknown_sender",
                "This account has no Messaging Service with that SID.",
                "Choose one of the list, or type a number.",
            )
        return plain, ""
    if _NUMBER.fullmatch(plain):
        return "", plain
    raise BadRequest(
        "unreadable_sender",
        "Choose what texts are sent from." if not plain else "This is no sender.",
        "A number is written with + and its country code; a Messaging Service's SID starts with MG.",
    )


def _typo(title: str, part: str) -> BadRequest:
    return BadRequest(
        f"twilio_{part}", title, f"Copy it from Twilio's console once more. {_NOTHING}"
    )


def _too_late() -> Conflict:
    return Conflict(
        "nothing_to_choose",
        "There is no login to choose a sender for any more.",
        "A login without a sender is kept for an hour. Connect Twilio again.",
    )


# ---------------------------------------------------------------- what Twilio says


async def _verify(
    runtime: Runtime, account: Account, *, said: str = "login", known: bool = False
) -> None:
    try:
        await runtime.account_setup.verify(account)
    except ProviderError as error:
        log.warning("account_refused", because=type(error).__name__, code=error.code)
        raise _refusal(error, said, "" if known else _NOTHING) from None


def _refusal(error: ProviderError, said: str, nothing: str) -> Refused:
    """What stands in the way, for the admin who just typed it."""
    match error:
        case Misconfigured(code="20003" | "401"):
            title = f"Twilio doesn't accept this {said}."
            advice = "Look at the SIDs and the secret in Twilio's console and type them once more."
        case Misconfigured(code="10001" | "20005" | "30002"):
            title = "This Twilio account is suspended or closed."
            advice = "Open it in Twilio's console to see why, then connect it again."
        case Rejected(code="20404" | "404"):
            title = f"This {said} belongs to another Twilio account."
            advice = "Take the Account SID and the key from the same page of Twilio's console."
        case Misconfigured() | Rejected():
            title = "This key may not read or send texts."
            advice = "Give it the permission for Messages in Twilio's console, or type another one."
        case Throttled():
            title = "Twilio is busy right now."
            advice = "Try again in a minute."
        case _:
            title = "Twilio doesn't answer right now."
            advice = "Try again in a minute."
    reason = "twilio_unavailable" if _is_passing(error) else "twilio_refused"
    kind = Conflict if _is_passing(error) else BadRequest
    return kind(reason, title, f"{advice} {nothing}".strip())


def _is_passing(error: ProviderError) -> bool:
    return not isinstance(error, Misconfigured | Rejected)
