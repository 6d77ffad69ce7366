"""One text to one person: claimed before, posted once, and its answer told as it is."""

from __future__ import annotations

from dataclasses import dataclass

from workers.domain.callback import callback_url
from workers.domain.errors import (
    Misconfigured,
    ProviderError,
    Rejected,
    Throttled,
    Unavailable,
    Unconfirmed,
)
from workers.domain.reason import Reason
from workers.domain.reasons import code_of
from workers.domain.text import read_template, text_for
from workers.ports.outside import Account, Fields, Message, Report
from workers.ports.runtime import Runtime
from workers.ports.sending import Answer, Claimed

#: A claim may be posted only this long after its commit, by a clock that goes on while a process
#: is stopped: a worker that was stopped and woken must not send, and a rep who pressed Stop is
#: promised that no text leaves later than this.
CLAIM_SECONDS = 1.0

#: Twilio keeps a text that long in its queue at most.
LONGEST_VALIDITY = 36_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a post, and how long the account wants to be left alone (0: go on).

    `concurrent`: requests of the account that Twilio counted when it said no; 0 = it did not say.
    """

    answer: Answer
    wait: float = 0.0
    slower: bool = False
    concurrent: int = 0


def unposted(claimed: Claimed) -> Outcome:
    """A claim that was not used: its person goes back."""
    return Outcome(Answer(claimed.attempt_id, claimed.recipient_id, claimed.batch_id, "not_sent"))


def write_text(body: str, fields: Fields) -> tuple[str, str | None]:
    """A person's text, or ("", reason) when theirs cannot be sent; the exact check at the claim."""
    text = text_for(read_template(body), fields)
    return ("", text) if isinstance(text, Reason) else (text, None)


async def post(
    runtime: Runtime, account: Account, claimed: Claimed, *, committed_at: float
) -> Outcome:
    """One POST for one claim, never repeated. `committed_at` in seconds of CLOCK_BOOTTIME."""
    message = Message(
        attempt_id=claimed.attempt_id,
        to=claimed.number,
        body=claimed.body,
        status_callback=callback_url(
            runtime.settings.public_url, claimed.attempt_id, runtime.settings.secret_keys[0]
        ),
        validity_seconds=max(1, min(LONGEST_VALIDITY, int(claimed.seconds_left))),
        post_before=committed_at + CLAIM_SECONDS,
    )
    try:
        report = await runtime.messenger.send(account, message)
    except ProviderError as error:
        return _refused(claimed, error)
    return Outcome(_taken(claimed, report))


def _taken(claimed: Claimed, report: Report) -> Answer:
    known = code_of(report.error_code) if report.error_code else None
    return Answer(
        claimed.attempt_id,
        claimed.recipient_id,
        claimed.batch_id,
        report.state,
        sid=report.sid,
        http_status=report.http_status,
        error_code=report.error_code or None,
        request_id=report.request_id,
        stops=report.error_code if known and known.stops_batch else None,
        learned=(known.remember or None) if known else None,
    )


def _refused(claimed: Claimed, error: ProviderError) -> Outcome:
    """The reaction is the error's type (design §5)."""
    match error:
        case Throttled(after=after, concurrent=concurrent):
            answer = _answer(claimed, error, "not_sent")
            return Outcome(answer, wait=after, slower=True, concurrent=concurrent)
        case Unavailable():
            return Outcome(_answer(claimed, error, "not_sent"), slower=True)
        case Rejected():
            known = code_of(error.code)
            stops = error.code if known.stops_batch else None  # the next people's text is the same
            learned = known.remember or None
            return Outcome(_answer(claimed, error, "failed", stops=stops, learned=learned))
        case Misconfigured():
            stops = error.code or "account"
            return Outcome(_answer(claimed, error, "not_sent", stops=stops), slower=True)
        case Unconfirmed():
            return Outcome(_answer(claimed, error, "unconfirmed"))
        case _:
            raise error


def _answer(
    claimed: Claimed,
    error: ProviderError,
    state: str,
    *,
    stops: str | None = None,
    learned: str | None = None,
) -> Answer:
    return Answer(
        claimed.attempt_id,
        claimed.recipient_id,
        claimed.batch_id,
        state,
        error_code=error.code or None,
        request_id=error.request_id or None,
        stops=stops,
        learned=learned,
    )
