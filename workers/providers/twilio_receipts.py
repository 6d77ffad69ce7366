"""Reads what Twilio posts to us and checks that Twilio signed it (twilio.md §3, §4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

# Only this module of the package: it is cheap, `twilio.rest` costs 0.25 s and 28 MB.
from twilio.request_validator import (
    RequestValidator,
    get_signature_algorithm,
)

from workers.domain.keywords import Keyword, Wish, keyword_in
from workers.ports.outside import Account, Report
from workers.ports.suppressions import Reply
from workers.providers.twilio_codes import STATES, state_of

_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_STATUS = re.compile(r"[a-z_]{1,40}")
_CODE = re.compile(r"[1-9]\d{0,9}")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_CHANNELS = {"": "sms", "whatsapp": "whatsapp"}

Form = Sequence[tuple[str, str]]


class TwilioReceipts:
    """Our `ReceiptReader`."""

    def read(self, form: Form) -> Report | None:
        """The report in a status callback, or None if it is none (an incoming text, rubbish)."""
        fields = dict(reversed(form))  # the first of a repeated field counts
        sid = fields.get("MessageSid") or fields.get("SmsSid", "")
        status = fields.get("MessageStatus") or fields.get("SmsStatus", "")
        if not _SID.fullmatch(sid) or not _STATUS.fullmatch(status):
            return None
        if STATES.get(status) == "":
            return None
        code = fields.get("ErrorCode", "")
        return Report(
            sid=sid,
            state=state_of(status),
            status=status,
            error_code=code if _CODE.fullmatch(code) else "",
            # YYMMDDhhmm as the carrier gave it, of no known time zone: a hint for support.
            carrier_time=fields.get("RawDlrDoneDate", "")[:20],
        )

    def read_reply(self, form: Form) -> Reply | None:
        """What somebody wrote to us (twilio.md §6.2), or None if it is none or can't be kept."""
        fields = dict(reversed(form))
        sid = fields.get("MessageSid") or fields.get("SmsSid", "")
        channel, _, number = fields.get("From", "").rpartition(":")
        if not _SID.fullmatch(sid) or not _E164.fullmatch(number):
            return None
        if "MessageStatus" in fields or channel not in _CHANNELS:
            return None
        senders = (fields.get("To", "").rpartition(":")[2], fields.get("MessagingServiceSid", ""))
        return Reply(
            sid,
            fields.get("AccountSid", ""),
            _CHANNELS[channel],
            number,
            tuple(sender for sender in senders if sender),
            _keyword(fields),
        )

    def is_signed(
        self, account: Account, *, url: str, form: Form, signature: str, settings_header: str = ""
    ) -> bool:
        """Whether one of the account's tokens signed this request. `url` is built from PUBLIC_URL."""
        # A subaccount signs with its own token, so the account that posts must be this one.
        if any(sid != account.account_sid for name, sid in form if name == "AccountSid"):
            return False
        algorithm = get_signature_algorithm(settings_header)
        fields, address = _Fields(form), url.partition("#")[0]
        matches = [
            RequestValidator(token).validate(address, fields, signature, algorithm)
            for token in account.auth_tokens
        ]
        return any(matches)


def _keyword(fields: Mapping[str, str]) -> Keyword | None:
    """Advanced Opt-Out knows a company's own keywords and says what it took them for."""
    match fields.get("OptOutType", "").upper():
        case "STOP":
            said = keyword_in(fields.get("Body", ""))
            return said if said and said.wish is Wish.STOP else Keyword(Wish.STOP, "STOP")
        case "START":
            return Keyword(Wish.START, "START")
        case "HELP":
            return None
        case _:
            return keyword_in(fields.get("Body", ""))


class _Fields:
    """All fields of a form, blank and repeated ones too, as the validator wants them."""

    def __init__(self, form: Form) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in form:
            self._values.setdefault(name, []).append(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getlist(self, name: str) -> list[str]:
        """Every value of a field."""
        return self._values[name]
