"""Why somebody is left out, a selection not read or a text not delivered, in words (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from web.clock import day, people
from workers.domain.delivery import State
from workers.domain.reason import Reason
from workers.domain.reasons import code_of
from workers.ports.reading import BatchView, RecipientRow
from workers.ports.suppressions import Suppressed


@dataclass(frozen=True, slots=True)
class Why:
    """A reason in words: what is so, and what a rep can do about it ("" = nothing to do)."""

    said: str
    advice: str = ""


#: Why somebody was left out, by the key in `recipients.reason`.
LEFT_OUT: dict[str, Why] = {
    Reason.ASKED: Why("only asked what they were sent before"),
    Reason.NO_NUMBER: Why("no phone number in Pipedrive", "Add one in Pipedrive."),
    Reason.UNREADABLE: Why("their phone field holds no number", "Correct it in Pipedrive."),
    Reason.NOT_POSSIBLE: Why(
        "their number has too few or too many digits", "Correct it in Pipedrive."
    ),
    Reason.NO_COUNTRY_CODE: Why(
        "their number has no country code", "Write it with + and the country code in Pipedrive."
    ),
    Reason.TWO_NUMBERS: Why(
        "two numbers in one phone field", "Give each number its own field in Pipedrive."
    ),
    Reason.EXTENSION: Why(
        "a number behind a switchboard", "Add a mobile number in Pipedrive, or call them."
    ),
    Reason.LANDLINE: Why(
        "only a landline, which can't get texts", "Add a mobile number in Pipedrive, or call them."
    ),
    Reason.SERVICE_NUMBER: Why(
        "only a service number, which can't get texts", "Add a mobile number in Pipedrive."
    ),
    Reason.PREMIUM: Why(
        "a premium number, which is never texted", "Add a mobile number in Pipedrive."
    ),
    Reason.COUNTRY: Why(
        "your company texts nobody in their number's country",
        "Ask an admin of your Pipedrive to add the country in Volley's settings.",
    ),
    Reason.NO_HOUR: Why(
        "their number may be in so many time zones that it is never day in all of them",
        "Call them, or ask an admin of your Pipedrive about the quiet hours.",
    ),
    Reason.OPTED_OUT: Why(
        "they replied STOP and don't want texts", "Nothing to do: it's their wish."
    ),
    Reason.SAME_NUMBER: Why(
        "somebody else here has the same number", "Nothing to do: the number gets one text."
    ),
    Reason.TEXTED_RECENTLY: Why(
        "this number was texted a short while ago", "Text them again later if you still need to."
    ),
    Reason.SAME_TEXT: Why(
        "this number got the same text in the last 24 hours", "Nothing to do: they have it."
    ),
    Reason.IN_ANOTHER: Why(
        "they wait in another text of your company", "Text them again later if you still need to."
    ),
    Reason.GONE: Why("deleted in Pipedrive, or not visible to you"),
    Reason.NO_CONTACT: Why(
        "nobody belongs to it in Pipedrive", "Link a person to it in Pipedrive."
    ),
    Reason.FAILED_BEFORE: Why("a text to it couldn't be delivered"),
    Reason.ARRIVED: Why("the earlier text reached them after all", "Nothing to do."),
    Reason.UNTICKED: Why("you left them out"),
    Reason.EMPTY_TEXT: Why(
        "the text would be empty for them", "Fill in their details in Pipedrive, or add a default."
    ),
    Reason.TOO_LONG: Why(
        "the text would be too long for them", "Shorten the text and write to them again."
    ),
}

_SIGN_IN = ("pipedrive_reauth", "pipedrive_invalid_grant")

#: Why a whole selection could not be read, by `batches.refused_reason`.
NOT_READ: dict[str, Why] = {
    "too_many_people": Why(
        "This selection has more people than one text may go to.",
        "Select fewer people in Pipedrive and choose Send a text (SMS) again.",
    ),
    "too_many_records": Why(
        "Finding everybody at more than 500 organizations or deals uses up Pipedrive's daily limit.",
        "Select at most 500 at once, or tick the people themselves in Pipedrive's People list.",
    ),
    **dict.fromkeys(
        _SIGN_IN,
        Why(
            "Pipedrive no longer lets Volley read people as you.",
            "Sign in with Pipedrive again: the same selection is then read once more.",
        ),
    ),
    **dict.fromkeys(
        ("pipedrive_402", "pipedrive_403"),
        Why(
            "Pipedrive doesn't let Volley see these people.",
            "Ask an admin of your Pipedrive, then choose Send a text (SMS) again.",
        ),
    ),
    **dict.fromkeys(
        ("pipedrive_404", "pipedrive_filter_gone"),
        Why(
            "The filter of this list was deleted, or isn't shared with you.",
            "Choose another filter in Pipedrive and choose Send a text (SMS) once more.",
        ),
    ),
    "pipedrive_filter_type": Why(
        "The filter of this list is for other records.",
        "Open the list again in Pipedrive and choose Send a text (SMS) once more.",
    ),
    "pipedrive_scope": Why(
        "Volley may not read these records yet.",
        "Sign in with Pipedrive again: it then asks you for the right that Volley lacks.",
    ),
}
_NOT_READ = Why(
    "Pipedrive didn't give us the people of this selection.",
    "Open the list again in Pipedrive and choose Send a text (SMS) once more.",
)


def left_out(reason: str | None) -> Why:
    """Why a skipped person is left out."""
    return LEFT_OUT.get(reason or "", Why("left out"))


def opted_out(known: Suppressed, view: BatchView) -> str:
    """Who said that somebody wants no texts, and when."""
    at = day(known.since, view.timezone, view.now)
    match known.source:
        case "reply":
            return f"they replied {known.code} {at}"
        case "person":
            return f"{known.by or 'a colleague'} noted {at} that they want no texts"
        case _:
            return f"they want no texts, as the network told us {at}"


def way_back(row: RecipientRow) -> str:
    """How somebody who was left out of a draft gets its text after all."""
    if row.same_as is not None:
        other = row.same_as or "Somebody here"
        return f"{other} gets the text on it. Leave them out to text this person instead."
    return "Tick them to text them after all." if row.number else ""


def not_read(reason: str | None) -> Why:
    """Why a selection was refused while it was read."""
    return NOT_READ.get(reason or "", _NOT_READ)


def asks_to_sign_in(reason: str | None) -> bool:
    """Whether the same selection could be read if its rep signed in with Pipedrive again."""
    return reason in {*_SIGN_IN, "pipedrive_scope"}


def failure(code: str | None) -> Why:
    """An error code as a sentence; the advice is for admins and support."""
    known = code_of(code or "")
    return Why(known.sentence, known.advice)


def removed(view: BatchView) -> Why:
    """What uninstalling the app did to a text that its owner is looking at."""
    said = "Volley was removed from your Pipedrive."
    back = "To see it again, connect Volley again."
    if view.life.confirmed_at is None:
        return Why(said, f"Nothing of this text was sent, and its draft is deleted. {_ANEW}")
    stopped = sum(view.counts[state] for state in _NOT_SENT)
    if view.life.canceled_at is None or not stopped:
        return Why(said, f"This text had gone out before. {back}")
    gone = view.counts.people - stopped - view.counts[State.SKIPPED] - view.counts[State.FAILED]
    before = f"For {people(gone)} it had left before." if gone else "Nothing had left before."
    return Why(said, f"That stopped this text: {people(stopped)} won't get it. {before} {back}")


_ANEW = "To write texts again, connect Volley again."
_NOT_SENT = (State.PENDING, State.READY, State.CANCELED)
