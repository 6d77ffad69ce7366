"""Why somebody is left out, a selection not read or a text not delivered, in words (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from workers.domain.reason import Reason
from workers.domain.reasons import code_of


@dataclass(frozen=True, slots=True)
class Why:
    """A reason in words: what is so, and what a rep can do about it ("" = nothing to do)."""

    said: str
    advice: str = ""


#: Why somebody was left out, by the key in `recipients.reason`.
LEFT_OUT: dict[str, Why] = {
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
    Reason.OPTED_OUT: Why(
        "they replied STOP and don't want texts", "Nothing to do: it's their wish."
    ),
    Reason.SAME_NUMBER: Why(
        "somebody else here has the same number", "Nothing to do: the number gets one text."
    ),
    Reason.TEXTED_RECENTLY: Why(
        "this number was texted a moment ago", "Text them again later if you still need to."
    ),
    Reason.GONE: Why("deleted in Pipedrive, or not visible to you"),
    Reason.NO_CONTACT: Why(
        "nobody belongs to it in Pipedrive", "Link a person to it in Pipedrive."
    ),
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
