"""What Twilio refuses, in its own codes, and the fates that a number's last two digits ask for.

Codes: https://www.twilio.com/docs/api/errors · magic numbers: https://www.twilio.com/docs/iam/test-credentials
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

Form = Mapping[str, "str | list[str]"]

ADDRESS = re.compile(r"(whatsapp:)?\+[1-9]\d{6,14}")
SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
LONGEST_BODY = 1600
LONGEST_WAIT = 36_000

WORDS: dict[int, str] = {
    10001: "Account is not active",
    20001: "Invalid parameter",
    20003: "Authenticate",
    20004: "Method not allowed",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    20503: "Service Unavailable",
    21211: "The 'To' number {to} is not a valid phone number.",
    21212: "The 'From' number {from} is not a valid phone number, shortcode, or alphanumeric sender ID.",
    21266: "'To' and 'From' number cannot be the same: {to}",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {to}.",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number provided ({from}) is not a valid message-capable Twilio phone number for this destination/account.",
    21608: "The number {to} is unverified. Trial accounts cannot send messages to unverified numbers.",
    21609: "The 'StatusCallback' URL {callback} is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "Message cannot be sent with the current combination of 'To' ({to}) and/or 'From' ({from}) parameters",
    21614: "'To' number {to} is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21624: "The validity period must be an integer between 1 and 36000.",
    21701: "The Messaging Service does not exist.",
    21705: "The Messaging Service Sid {service} is invalid.",
    21910: "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel",
    30001: "Queue overflow",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30034: "US A2P 10DLC - Message from an Unregistered Number",
    30036: "Validity Period Expired",
    63016: "Failed to send freeform message because you are outside the allowed window.",
}
STATUS = {20003: 401, 20004: 405, 20404: 404, 20429: 429, 20500: 500, 20503: 503}

MAGIC_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
MAGIC_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
MAGIC_SENDER = "+15005550006"


@dataclass(frozen=True, slots=True)
class Fate:
    """How a text ends, how its create is answered and what receipts it gets."""

    end: str = "delivered"
    error: int | None = None
    answer: str = "told"  # told · reset · unavailable
    receipts: str = "all"  # all · none · doubled and shuffled
    late: float = 0.0


PLAIN = Fate()
FATES = {
    "90": Fate("undelivered", 30003),
    "91": Fate("undelivered", 30005),
    "94": Fate(answer="reset", late=4.0),
    "95": Fate(answer="unavailable", late=4.0),
    "96": Fate("failed", 30006),
    "97": Fate("sent"),
    "98": Fate(receipts="none"),
    "99": Fate(receipts="doubled and shuffled"),
}
REFUSED_BY_DIGITS = {"92": 21610, "93": 21211}
REFUSED_LATE = frozenset({21610})  # with a Messaging Service these come as `failed`, not as 400
LEFT_TWILIO = frozenset({30003, 30004, 30005, 30006, 30007, 30008, 30034})  # the carrier said no


def fault_in(form: Form, *, senders: Collection[str], services: Collection[str]) -> int | None:
    """The code with which Twilio refuses this form as such, or None."""
    to, sender, service = (word(form, key) for key in ("To", "From", "MessagingServiceSid"))
    if not to:
        return 21604
    if not sender and not service:
        return 21603
    if not (word(form, "Body") or form.get("MediaUrl") or form.get("ContentSid")):
        return 21602
    if len(word(form, "Body")) > LONGEST_BODY:
        return 21617
    return _fault_in_numbers(to, sender, service, senders, services) or _fault_in_options(form)


def _fault_in_numbers(
    to: str, sender: str, service: str, senders: Collection[str], services: Collection[str]
) -> int | None:
    if not ADDRESS.fullmatch(to):
        return 21211
    if service:
        if not SERVICE.fullmatch(service):
            return 21705
        return None if service in services else 21701
    if not ADDRESS.fullmatch(sender):
        return 21212
    if sender in MAGIC_FROM:
        return MAGIC_FROM[sender]
    if sender not in senders and sender != MAGIC_SENDER:
        return 21606
    if to.startswith("whatsapp:") != sender.startswith("whatsapp:"):
        return 21910
    return 21266 if to == sender else None


def _fault_in_options(form: Form) -> int | None:
    callback, validity = word(form, "StatusCallback"), word(form, "ValidityPeriod")
    if callback and not is_callable(callback):
        return 21609
    if validity and not (validity.isdecimal() and 1 <= int(validity) <= LONGEST_WAIT):
        return 21624
    return 20001 if form.get("ScheduleType") or form.get("SendAt") else None


def refusal_of(to: str, *, opted_out: Collection[str], digits: bool) -> int | None:
    """The code with which Twilio refuses to text this number, or None."""
    if to in MAGIC_TO:
        return MAGIC_TO[to]
    if to in opted_out:
        return 21610
    return REFUSED_BY_DIGITS.get(to[-2:]) if digits else None


def fate_of(form: Form, *, opted_out: Collection[str], digits: bool) -> int | Fate:
    """How a text that was asked for rightly goes on: refused with a code, or to its end."""
    to, service = word(form, "To"), word(form, "MessagingServiceSid")
    code = refusal_of(to, opted_out=opted_out, digits=digits)
    if code is not None:
        return failure(code) if service and code in REFUSED_LATE else code
    if to.startswith("whatsapp:") and not form.get("ContentSid"):
        return failure(63016)  # nobody here ever wrote to us first
    return FATES.get(to[-2:], PLAIN) if digits else PLAIN


def failure(code: int) -> Fate:
    """The fate of a text that is taken first and refused afterwards."""
    return Fate("undelivered" if code in LEFT_TWILIO else "failed", code)


def is_callable(url: str) -> bool:
    """Whether Twilio takes this as a StatusCallback: absolute, and no underscore in the host."""
    if not url.isascii():
        return False
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in parts.netloc
        )
    except ValueError:
        return False


def word(form: Form, key: str) -> str:
    """The (last) value of a field, "" where it is missing."""
    value = form.get(key, "")
    return value if isinstance(value, str) else value[-1]


def sentence(code: int, form: Form) -> str:
    """Twilio's sentence for a code, with this request's numbers in it, as Twilio does."""
    names = {
        "to": "To",
        "from": "From",
        "callback": "StatusCallback",
        "service": "MessagingServiceSid",
    }
    values = {name: word(form, key) for name, key in names.items()}
    return WORDS.get(code, f"Error {code}").format_map(values)
