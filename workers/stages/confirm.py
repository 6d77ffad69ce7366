"""What a rep decides about a batch: draft, confirm, undo, pause, go on, stop, retry."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from uuid import UUID

from workers.domain.batch import Phase, phase
from workers.domain.closing import is_only_closing
from workers.domain.delivery import State
from workers.domain.errors import BadRequest, Conflict, Refused
from workers.domain.reasons import CODES, Todo, todo
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
        await want_names(runtime, view, body)
    now = await fresh(runtime, view)
    if saved is None:
        raise not_as_seen(now)
    return now


async def want_names(runtime: Runtime, view: BatchView, body: str) -> None:
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
    in_a_row = await runtime.guarding.in_a_row(view.id, seq=view.seq)
    if view.follows is not None and await runtime.following.drop_arrived(view.id):
        raise not_as_seen(await fresh(runtime, view))
    outcome = await runtime.decisions.confirm(
        view.id,
        revision=revision,
        body=body,
        people=people,
        hold=timedelta(seconds=runtime.settings.undo_seconds),
        send_within=runtime.settings.send_within,
    )
    if outcome == "confirmed" and in_a_row:
        about = str(view.id)
        await runtime.alerts.keep(view.company_id, "numbers_in_a_row", about=about, size=in_a_row)
    if outcome == "resolving":
        raise Conflict(
            "still_resolving",
            "We're still finding phone numbers.",
            "Your text is kept. Send becomes possible when everybody is found.",
        )
    if outcome == "conflict":
        raise not_as_seen(await fresh(runtime, view))


async def _refuse_unsendable(runtime: Runtime, view: BatchView, body: str) -> None:
    """Everything that can be told before asking the database; nothing is changed."""
    if not body.strip() or is_only_closing(body):
        raise BadRequest("empty_text", "There is no text yet.", "Write one, then press Send.")
    if "organization.name" in fields_used(read_template(body)) and view.organizations != "read":
        await want_names(runtime, view, body)
        raise Conflict(
            "still_resolving",
            "We're reading the organizations' names for your text.",
            "Your text is kept. Look at the preview in a moment, then press Send.",
        )
    shown = await preview(runtime, view, body)
    if shown.problem is not None:
        raise shown.problem
    rules = await runtime.companies.rules(view.company_id)
    if await runtime.guarding.crossings(view.id, rules):
        raise Conflict(
            "undecided",
            "Some of these people were just texted, or wait in another text.",
            "Your text is kept. Say above it whether they are left out or texted all the same.",
        )
    if await runtime.accounts.of(view.company_id) is None:
        raise await no_account(runtime, view)


async def no_account(runtime: Runtime, view: BatchView) -> Conflict:
    """The company has nothing to send with, and who can change that."""
    admins = ", ".join(await runtime.installations.admins(view.company_id))
    who = f"Ask an admin of your Pipedrive ({admins})." if admins else "Ask an admin."
    return Conflict(
        "no_account",
        f"{view.company_name or 'Your company'} hasn't connected its text account yet.",
        f"{who} Your draft is kept.",
    )


async def undo(runtime: Runtime, view: BatchView) -> int:
    """How many people were already on their way; 0 = nobody was texted: a draft again, or stopped."""
    if view.life.confirmed_at is None:
        return 0
    if await runtime.decisions.undo(view.id):
        return 0
    await runtime.decisions.cancel(view.id, by=view.user_id)
    await move_stopped(runtime, view.id)
    counts = (await fresh(runtime, view)).counts
    kept = (State.PENDING, State.READY, State.SKIPPED, State.CANCELED)
    return counts.people - sum(counts[state] for state in kept)


async def pause(runtime: Runtime, view: BatchView, *, by: User) -> None:
    """Nothing more is claimed from now on; pausing a paused batch is fine."""
    if not await runtime.decisions.pause(view.id, by=by.user_id, reason="person"):
        _expect(await fresh(runtime, view), Phase.PAUSED, "There is nothing to pause any more.")


async def resume(runtime: Runtime, view: BatchView) -> None:
    """Goes on with the people who wait; `send_by` starts anew."""
    if not await runtime.decisions.resume(view.id, send_within=runtime.settings.send_within):
        await _expect_known(runtime, view)
        _expect(await fresh(runtime, view), Phase.SENDING, "This text is not paused any more.")


async def cancel(runtime: Runtime, view: BatchView, *, by: User) -> None:
    """Nobody else is texted; whoever Twilio has already gets theirs."""
    if await runtime.decisions.cancel(view.id, by=by.user_id):
        await move_stopped(runtime, view.id)


async def move_stopped(runtime: Runtime, batch_id: UUID, *, groups: int = 10) -> None:
    """Moves a stopped batch's waiting people in groups; the watch moves what is left."""
    for _ in range(groups):
        if not await runtime.decisions.cancel_people(batch_id):
            return


async def retry(runtime: Runtime, view: BatchView, *, seq: int, what: Todo | None = None) -> int:
    """Puts people back whose failure allows another try, of those the rep was shown at `seq`.

    `what`: only those who may be tried `again` as it is, or only those where a `fix` came first.
    """
    never = [code for code, known in CODES.items() if not known.may_retry]
    if what == "again":
        never = [code for code in CODES if todo(code) != "again"]
    only = [code for code in CODES if todo(code) == "fix"] if what == "fix" else None
    return await _again(runtime, view, seq, [State.FAILED, State.UNDELIVERED], never, only)


async def send_anyway(runtime: Runtime, view: BatchView, *, seq: int) -> int:
    """Texts people again of whom nobody knows whether they were texted; look-ups have ended."""
    return await _again(runtime, view, seq, [State.UNCONFIRMED], [], None)


async def _again(
    runtime: Runtime,
    view: BatchView,
    seq: int,
    states: list[State],
    never: list[str],
    only: list[str] | None,
) -> int:
    if view.life.canceled_at is not None:
        await move_stopped(runtime, view.id)
    people = await runtime.decisions.retry(
        view.id,
        seq=seq,
        states=states,
        never=never,
        only=only,
        send_within=runtime.settings.send_within,
    )
    if not people:
        await _expect_known(runtime, view)
        raise Conflict(
            "nobody_to_retry",
            "There is nobody to text again any more.",
            "What happened since is shown below.",
        )
    return people


async def fresh(runtime: Runtime, view: BatchView) -> BatchView:
    """The batch as it is now."""
    return await runtime.batches.view(view.id) or view


async def _expect_known(runtime: Runtime, view: BatchView) -> None:
    """After a restore: a number may have just got one of the company's other texts, too."""
    if await runtime.decisions.is_looking(view.id):
        raise Conflict(
            "still_looking",
            "We're still asking who has your company's texts already.",
            "Nobody is texted meanwhile. Go on becomes possible when we know.",
        )


def _expect(view: BatchView, wanted: Phase, title: str) -> None:
    if phase(view.life, view.counts, view.now) is not wanted:
        raise Conflict("too_late", title, "What happened since is shown below.")


def not_as_seen(view: BatchView) -> Conflict:
    """Why what the rep saw is no longer what is."""
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
