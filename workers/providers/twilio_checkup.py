"""Whether the operator's Twilio account signs in, and whether it has something to send from."""

from __future__ import annotations

import re

from twilio.rest import Client

from workers.domain.checkup import Finding, fail, ok, warn
from workers.domain.errors import Misconfigured, ProviderError, Rejected, Throttled
from workers.ports.outside import Account
from workers.providers.twilio_answers import understood
from workers.providers.twilio_transport import TWILIO, TwilioTransport
from workers.settings import Settings

LOGIN, SENDER, RECEIPTS = "Twilio account", "Twilio sender", "Twilio receipts"
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_TOKEN_OR_KEY = (
    "Set TWILIO_AUTH_TOKEN, or TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET; "
    "Twilio's console shows them on its first page and under API keys."
)


async def check_login(settings: Settings, transport: TwilioTransport) -> Finding:
    """Reads one message: standard API keys may do that, and may not read the account itself.

    https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
    """
    account = _account(settings)
    if isinstance(account, Finding):
        return account
    client = Client(account.username, account.password, account.account_sid, http_client=transport)
    url = f"{TWILIO}/2010-04-01/Accounts/{account.account_sid}/Messages.json"
    try:
        understood("GET", await client.request_async("GET", url, params={"PageSize": "1"}))
    except (Misconfigured, Rejected) as refusal:
        return fail(LOGIN, f"Twilio refuses the sign-in (error {refusal.code}). {_WRONG}")
    except Throttled:
        return warn(LOGIN, "Twilio asks us to wait. Run `volley doctor` again in a minute.")
    except ProviderError as error:
        where = settings.twilio_url or TWILIO
        why = error.detail.rstrip(".")
        return fail(LOGIN, f"{where} doesn't answer as Twilio does ({why}). {_NETWORK}")
    simulated = f" at {settings.twilio_url}" if settings.twilio_url else ""
    return ok(LOGIN, f"Twilio{simulated} signs us in.")


_WRONG = (
    "Compare TWILIO_ACCOUNT_SID and the token or API key with Twilio's console; "
    "a restricted API key needs the right to read and to create messages."
)
_WITHOUT = "Until a company has a Twilio account its reps can write texts, not send them."
_NETWORK = "Let this machine reach it; TWILIO_URL, where it is set, says where it is."


def _account(settings: Settings) -> Account | Finding:
    sid, tokens = settings.twilio_account_sid, settings.twilio_auth_tokens
    key = settings.twilio_api_key_sid
    if not sid:
        return warn(LOGIN, f"TWILIO_ACCOUNT_SID is not set. {_WITHOUT}")
    if not _ACCOUNT.fullmatch(sid):
        return fail(LOGIN, "TWILIO_ACCOUNT_SID is none: it is AC and 32 letters or digits.")
    if not (key or tokens):
        return fail(LOGIN, f"There is nothing to sign in with. {_TOKEN_OR_KEY}")
    password = settings.twilio_api_key_secret.get_secret_value() if key else tokens[0]
    return Account(account_sid=sid, username=key or sid, password=password)


def check_sending(settings: Settings) -> tuple[Finding, ...]:
    """What the settings say about sending and receipts, once there is an account."""
    is_there = bool(settings.twilio_account_sid)
    return (_sender(settings), _receipts(settings)) if is_there else ()


def _sender(settings: Settings) -> Finding:
    """Whether it is set and looks like one; that it may send, only a text can tell."""
    service, number = settings.twilio_messaging_service_sid, settings.twilio_from
    if service and not _SERVICE.fullmatch(service):
        return fail(SENDER, "TWILIO_MESSAGING_SERVICE_SID is none: it is MG and 32 more.")
    if service:
        return ok(SENDER, "The Messaging Service sends; Twilio picks the number.")
    if not number:
        names = "TWILIO_MESSAGING_SERVICE_SID (better: it handles STOP) or TWILIO_FROM"
        return fail(SENDER, f"Nothing sends yet. Set {names}.")
    if not _E164.fullmatch(number):
        return warn(SENDER, "TWILIO_FROM is no number like +37255500001; not all phones take it.")
    return ok(SENDER, f"{number} sends.")


def _receipts(settings: Settings) -> Finding:
    """API keys never sign (https://www.twilio.com/docs/usage/security#validating-requests)."""
    if settings.twilio_auth_tokens:
        return ok(RECEIPTS, "Their signatures are checked with TWILIO_AUTH_TOKEN.")
    return warn(
        RECEIPTS,
        "Without TWILIO_AUTH_TOKEN no signature can be checked, so Twilio is asked about each "
        "text again before its end is believed. Set it to save those requests.",
    )
