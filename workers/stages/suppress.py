"""People decide that somebody gets no texts, or may get them again; and look at a number in full."""

from __future__ import annotations

from workers.domain import permissions
from workers.domain.errors import BadRequest, Conflict, Forbidden, NotFound
from workers.domain.text import clean_body
from workers.ports.outside import User
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.ports.suppressions import Subject

LONGEST_NOTE = 500  # characters


async def subject_of(runtime: Runtime, view: BatchView, recipient_id: int) -> Subject:
    """Somebody of a batch that the user may read."""
    subject = await runtime.suppressions.subject(view.id, recipient_id)
    if subject is None:
        raise NotFound("no_such_person", "This person isn't here.", "Go back to the text.")
    return subject


async def suppress(runtime: Runtime, subject: Subject, user: User, note: str) -> None:
    """No more texts to them from this company; the note says how `user` knows."""
    if not subject.numbers:
        raise Conflict("no_number", "There is no number to remember.", "Nobody texts them anyway.")
    await runtime.suppressions.add(subject, by=user.user_id, note=_note(note))


async def lift(runtime: Runtime, subject: Subject, user: User, note: str) -> None:
    """They may be texted again: an admin answers for it."""
    if not permissions.may_configure(user):
        raise Forbidden(
            "not_admin",
            "Only an admin of your Pipedrive can take this back.",
            "Or they do it themselves: a reply of START is enough.",
        )
    if not await runtime.suppressions.lift(subject, by=user.user_id, note=_note(note)):
        raise Conflict("not_opted_out", "They may be texted already.", "Nothing was changed.")


async def reveal(runtime: Runtime, subject: Subject, user: User) -> None:
    """The number is noted as seen before it is shown."""
    await runtime.suppressions.reveal(subject, by=user.user_id)


def _note(typed: str) -> str:
    note = " ".join(clean_body(typed).split())
    if not note:
        raise BadRequest(
            "note_missing", "Write why, so that others understand it.", "A few words are enough."
        )
    if len(note) > LONGEST_NOTE:
        raise BadRequest(
            "note_too_long", "That's a long reason.", f"Shorten it to {LONGEST_NOTE} characters."
        )
    return note
