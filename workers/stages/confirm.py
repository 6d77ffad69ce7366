"""What a rep decides about a batch: draft, confirm, undo, pause, go on, stop, retry."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from uuid import UUID

from workers.domain.batch import Phase, phase
from workers.domain.delivery import State
from workers.domain.errors import BadRequest, Conflict, Refused
from workers.domain.reasons import CODES
from workers.domain.text import clean_body, fields_used, read_template
from workers.ports.outside import User
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.stages.preview import preview

_LOOK_AGAIN = "Your text is kept below. Look at the people and the text again, then press Send."


async def save_draft(runtime: Runtime, view: BatchView, *, revision: int, body: str) -> BatchView:
    """The draft with its new revision; `Conflict` when it was changed elsewhere meanwhile."""
    saved = await runtime.decisions.save_draft(view.id, revision=revision, body=clean_body(body))
    if saved is not None:
        await _want_names(runtime, view, body)
    fresh = await _fresh(runtime, view)
    if saved is None:
        raise _conflict(fresh)
    return fresh


async def _want_names(runtime: Runtime, view: BatchView, body: str) -> None:
    """Names of organizations cost calls: they are read once a text asks for them."""
    with contextlib.suppress(Refused):  # a broken text is said by the preview
        asked = "organization.name" in fields_used(read_template(body))
        if asked and await runtime.decisions.want_organizations(view.id):
            await runtime.bell.resolve(view.id)


async def confirm(
    runtime: Runtime, view: BatchView, *, revision: int, body: str, people: int
) -> None:
    """Freezes what the rep saw and holds it for Undo; the same confirmation twice is one."""
    body = clean_body(body)
    if view.life.confirmed_at is None:
        await _refuse_unsendable(runtime, view, body)
    outcome = await runtime.decisions.confirm(
        view.id,
        revision=revision,
        body=body,
        people=people,
        hold=timedelta(seconds=runtime.settings.undo_seconds),
        send_within=runtime.settings.send_within,
    )
    if outcome == "resolving":
        raise Conflict(
            "still_resolving",
            "We're still finding phone numbers.",
            "Your text is kept. Send becomes possible when everybody is found.",
        )
    if outcome == "conflict":
        raise _conflict(await _fresh(runtime, view))


async def _refuse_unsendable(runtime: Runtime, view: BatchView, body: str) -> None:
    """Everything that can be told before asking the database; nothing is changed."""
    if not body.strip():
        raise BadRequest("empty_text", "There is no text yet.", "Write one, then press Send.")
    if "organization.name" in fields_used(read_template(body)) and view.organizations != "read":
        await _want_names(runtime, view, body)
        raise Conflict(
            "still_resolving",
            "We're reading the organizations' names for your text.",
            "Your text is kept. Look at the preview in a moment, then press Send.",
        )
    shown = await preview(runtime, view, body)
    if shown.problem is not None:
        raise shown.problem
    if await runtime.accounts.of(view.company_id) is None:
        admins = ", ".join(await runtime.installations.admins(view.company_id))
        who = f"Ask an admin of your Pipedrive ({admins})." if admins else "Ask an admin."
        raise Conflict(
            "no_account",
            f"{view.company_name or 'Your company'} hasn't connected its text account yet.",
            f"{who} Your draft is kept.",
        )


async def undo(runtime: Runtime, view: BatchView) -> int:
    """0 = back to draft, nobody was texted; else how many people were already on their way."""
    if view.life.confirmed_at is None:
        return 0
    if await runtime.decisions.undo(view.id):
        return 0
    await runtime.decisions.cancel(view.id, by=view.user_id)
    await move_stopped(runtime, view.id)
    counts = (await _fresh(runtime, view)).counts
    kept = (State.PENDING, State.READY, State.SKIPPED, State.CANCELED)
    return counts.people - sum(counts[state] for state in kept)


async def pause(runtime: Runtime, view: BatchView, *, by: User) -> None:
    """Nothing more is claimed from now on; pausing a paused batch is fine."""
    if not await runtime.decisions.pause(view.id, by=by.user_id, reason="person"):
        _expect(await _fresh(runtime, view), Phase.PAUSED, "There is nothing to pause any more.")


async def resume(runtime: Runtime, view: BatchView) -> None:
    """Goes on with the people who wait; `send_by` starts anew."""
    if not await runtime.decisions.resume(view.id, send_within=runtime.settings.send_within):
        _expect(await _fresh(runtime, view), Phase.SENDING, "This text is not paused any more.")


async def cancel(runtime: Runtime, view: BatchView, *, by: User) -> None:
    """Nobody else is texted; whoever Twilio has already gets theirs."""
    if await runtime.decisions.cancel(view.id, by=by.user_id):
        await move_stopped(runtime, view.id)


async def move_stopped(runtime: Runtime, batch_id: UUID, *, groups: int = 10) -> None:
    """Moves a stopped batch's waiting people in groups; the watch moves what is left."""
    for _ in range(groups):
        if not await runtime.decisions.cancel_people(batch_id):
            return


async def retry(runtime: Runtime, view: BatchView, *, seq: int) -> int:
    """Puts people back whose failure allows another try, of those the rep was shown at `seq`."""
    never = [code for code, known in CODES.items() if not known.may_retry]
    return await _again(runtime, view, seq, [State.FAILED, State.UNDELIVERED], never)


async def send_anyway(runtime: Runtime, view: BatchView, *, seq: int) -> int:
    """Texts people again of whom nobody knows whether they were texted; look-ups have ended."""
    return await _again(runtime, view, seq, [State.UNCONFIRMED], [])


async def _again(
    runtime: Runtime, view: BatchView, seq: int, states: list[State], never: list[str]
) -> int:
    if view.life.canceled_at is not None:
        await move_stopped(runtime, view.id)
    people = await runtime.decisions.retry(
        view.id,
        seq=seq,
        states=states,
        never=never,
        send_within=runtime.settings.send_within,
    )
    if not people:
        raise Conflict(
            "nobody_to_retry",
            "There is nobody to text again any more.",
            "What happened since is shown below.",
        )
    return people


async def _fresh(runtime: Runtime, view: BatchView) -> BatchView:
    return await runtime.batches.view(view.id) or view


def _expect(view: BatchView, wanted: Phase, title: str) -> None:
    if phase(view.life, view.counts, view.now) is not wanted:
        raise Conflict("too_late", title, "What happened since is shown below.")


def _conflict(view: BatchView) -> Conflict:
    match phase(view.life, view.counts, view.now):
        case Phase.DRAFT | Phase.RESOLVING:
            title = "The draft or its people changed since you looked."
            return Conflict("stale", title, _LOOK_AGAIN)
        case Phase.CANCELED:
            return Conflict("canceled", "This text was stopped.", "Nothing more is sent.")
        case Phase.REFUSED:
            return Conflict("refused", "This text can't be sent.", "See why below.")
        case _:
            title = "This text is already confirmed."
            return Conflict("already_confirmed", title, "What happened since is shown below.")
