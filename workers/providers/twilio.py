"""Sends texts through Twilio and asks what became of them (twilio.md §1, §2).

It asks through the SDK's `Client.request_async`. The typed resources above it cost as much CPU as
the whole request (0.1 ms, mostly for dates and parameters nobody reads) and drop the headers. A
text takes the SDK's headers, made once per account, straight to the transport.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus, urlencode

from multidict import CIMultiDict
from twilio.rest import Client
from yarl import URL

from workers.domain.errors import Unavailable, Unconfirmed
from workers.ports.outside import Account, Message, Report
from workers.providers.twilio_answers import Answer, Content, moment, report_of, understood
from workers.providers.twilio_transport import TWILIO, TwilioTransport, login

_API = "/2010-04-01/Accounts"
_VALIDITY = range(1, 36_001)  # seconds, https://www.twilio.com/docs/messaging/api/message-resource
_PAGE, _PAGES = 200, 5  # how far we look through the messages to one number
_TRIAL = "Sent from your Twilio trial account - "  # put before the text by trial accounts


class TwilioMessenger:
    """Our `Messenger`: every call is one request, except that `find` reads a few pages."""

    def __init__(self, transport: TwilioTransport) -> None:
        self._transport = transport
        self._desks: dict[Account, _Desk] = {}  # building one costs 40 µs

    async def send(self, account: Account, message: Message) -> Report:
        """One POST, never repeated. Raises any ProviderError."""
        desk = self._desk(account)
        response = await self._transport.create(
            desk.address,
            (desk.form + _form(message)).encode(),
            desk.headers,
            before=message.post_before,
        )
        answer = understood("POST", response)
        report = report_of(answer.content, answer)
        if not report.sid:  # some other "yes" than Twilio's, say a proxy's
            raise Unconfirmed("", "An answer without a SID.", request_id=report.request_id)
        return report

    async def fetch(self, account: Account, sid: str) -> Report:
        """The message as Twilio has it now; `Rejected` when it has none."""
        answer = await self._ask(
            account, "GET", f"{_API}/{account.account_sid}/Messages/{sid}.json"
        )
        report = report_of(answer.content, answer)
        if report.sid != sid:
            raise Unavailable("", "An answer about no message.", request_id=report.request_id)
        return report

    async def find(
        self, account: Account, *, to: str, body: str, since: datetime, until: datetime
    ) -> Sequence[Report]:
        """Our messages to a number with exactly this text, made between the two times."""
        # Asked twice: the list filters by the day a message left, which one in a queue hasn't yet;
        # and unfiltered the list is long, so that what is asked for may be beyond its bound.
        day_before = (since.astimezone(UTC) - timedelta(days=1)).date().isoformat()
        found: dict[str, Report] = {}
        for days in ({"DateSent>": day_before}, {}):
            async for answer in self._pages(account, {"To": to, **days, "PageSize": str(_PAGE)}):
                for it in _listed(answer):
                    if _is_ours(it, account, to, body) and _made(it, since, until):
                        found[it["sid"]] = report_of(it, answer)
        return list(found.values())

    async def aclose(self) -> None:
        """Closes the connections to Twilio."""
        await self._transport.aclose()

    async def _pages(self, account: Account, query: Mapping[str, str]) -> AsyncIterator[Answer]:
        answer = await self._ask(account, "GET", _messages(account), query)
        yield answer
        for _ in range(_PAGES - 1):
            following = answer.content.get("next_page_uri")
            if not following:
                return
            answer = await self._ask(account, "GET", str(following))
            yield answer

    async def _ask(
        self, account: Account, method: str, path: str, fields: Mapping[str, str] | None = None
    ) -> Answer:
        where = "params" if method == "GET" else "data"
        client = self._desk(account).client
        response = await client.request_async(method, TWILIO + path, **{where: fields})
        return understood(method, response)

    def _desk(self, account: Account) -> _Desk:
        desk = self._desks.get(account)
        if desk is None:
            auth = (account.username, account.password)
            client = Client(*auth, account.account_sid, http_client=self._transport)
            headers = {**client.get_headers("POST", None), **login(auth)}
            service = account.messaging_service_sid
            desk = self._desks[account] = _Desk(
                client,
                self._transport.address(TWILIO + _messages(account)),
                CIMultiDict({**headers, "Accept-Encoding": "identity"}),
                urlencode(
                    {"MessagingServiceSid": service} if service else {"From": account.sender}
                ),
            )
        return desk


@dataclass(frozen=True, slots=True)
class _Desk:
    """What all requests with one account's login have in common."""

    client: Client
    address: URL  # for creates
    headers: CIMultiDict[str]
    form: str


def _messages(account: Account) -> str:
    return f"{_API}/{account.account_sid}/Messages.json"


def _form(message: Message) -> str:
    """The fields that are each text's own."""
    validity = min(max(message.validity_seconds, _VALIDITY[0]), _VALIDITY[-1])
    return (
        f"&To={_quoted(message.to)}&Body={_quoted(message.body)}"
        f"&StatusCallback={_quoted(message.status_callback)}&ValidityPeriod={validity}"
    )


#: Marks in a form; the percent sign first, as it begins what the others become, and blanks last.
_MARKS = [(mark, quote_plus(mark)) for mark in "%+!\"#$&'()*,/:;<=>?@[\\]^`{|}"] + [(" ", "+")]


class _Quotes(dict[int, str]):
    """What a character becomes in a form; only those of texts, so there are not too many."""

    def __missing__(self, character: int) -> str:
        self[character] = quote_plus(chr(character))
        return self[character]


_QUOTES = _Quotes()


def _quoted(text: str) -> str:
    """`quote_plus`, which looks at each byte of each text in Python, at a quarter of its cost."""
    if not (text.isascii() and text.isprintable()):
        return text.translate(_QUOTES)
    for mark, quoted in _MARKS:
        if mark in text:
            text = text.replace(mark, quoted)
    return text


def _listed(answer: Answer) -> Sequence[Content]:
    messages = answer.content.get("messages")
    if not isinstance(messages, list):
        raise Unavailable("", "A list that can't be read.", request_id=answer.request_id)
    return messages


def _is_ours(message: Content, account: Account, to: str, body: str) -> bool:
    return (
        message["direction"] == "outbound-api"
        and message["to"] == to
        and message["body"] in {body, _TRIAL + body}
        and (
            not account.origin
            or account.origin in {message["messaging_service_sid"], message["from"]}
        )
    )


def _made(message: Content, since: datetime, until: datetime) -> bool:
    # Twilio's times have whole seconds, cut off.
    made = moment(message["date_created"])
    return made is not None and since.replace(microsecond=0) <= made <= until
