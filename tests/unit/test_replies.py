"""Reading what Twilio posts when somebody writes to us (twilio.md §6.2)."""

from __future__ import annotations

import pytest

from workers.domain.keywords import Keyword, Wish
from workers.ports.suppressions import Reply
from workers.providers.twilio_receipts import TwilioReceipts

SID = "SM" + "a" * 32
ACCOUNT = "AC" + "1" * 32


def read(**fields: str) -> Reply | None:
    form = {
        "MessageSid": SID,
        "AccountSid": ACCOUNT,
        "From": "+37255512345",
        "To": "+37255500001",
        "Body": "Stop",
        "SmsStatus": "received",
        **fields,
    }
    return TwilioReceipts().read_reply(list(form.items()))


def test_a_reply_says_who_to_whom_and_the_keyword_alone() -> None:
    assert read(MessagingServiceSid="MG1", Body="please stop it, Anna!") == Reply(
        SID,
        ACCOUNT,
        "sms",
        "+37255512345",
        ("+37255500001", "MG1"),
        Keyword(Wish.STOP, "PLEASE STOP"),
    )


def test_whatsapp_is_a_channel_of_its_own() -> None:
    reply = read(From="whatsapp:+37255512345", To="whatsapp:+37255500001")
    assert reply is not None
    assert (reply.channel, reply.number, reply.senders) == (
        "whatsapp",
        "+37255512345",
        ("+37255500001",),
    )


@pytest.mark.parametrize(
    ("kind", "body", "keyword"),
    [
        ("STOP", "No more!", Keyword(Wish.STOP, "STOP")),
        ("STOP", "unsubscribe", Keyword(Wish.STOP, "UNSUBSCRIBE")),
        ("STOP", "start", Keyword(Wish.STOP, "STOP")),
        ("START", "JOIN US", Keyword(Wish.START, "START")),
        ("HELP", "stop?", None),
        ("", "hello", None),
    ],
)
def test_what_advanced_opt_out_took_it_for_counts(
    kind: str, body: str, keyword: Keyword | None
) -> None:
    reply = read(OptOutType=kind, Body=body)
    assert reply is not None
    assert reply.keyword == keyword


@pytest.mark.parametrize(
    "fields",
    [
        {"MessageSid": "SM1"},
        {"From": ""},
        {"From": "Acme"},
        {"From": "messenger:12345"},
        {"From": "+0"},
        {"From": "12345"},
        {"MessageStatus": "delivered"},
    ],
)
def test_what_is_no_reply_from_a_phone_is_none(fields: dict[str, str]) -> None:
    assert read(**fields) is None
