"""Sends a draft's text to the rep alone, as the person shown in the preview would get it."""

from __future__ import annotations

from uuid import UUID, uuid5

from workers.domain.errors import BadRequest, Conflict
from workers.domain.phone import NoNumber, Number, read_number
from workers.domain.reason import Reason
from workers.ports.outside import User
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.ports.tryouts import MOST_AN_HOUR, MOST_TESTS, Wanted
from workers.stages.confirm import no_account, not_as_seen
from workers.stages.preview import preview

_KEPT = "Your text is kept, and nothing was sent."


async def number_of(runtime: Runtime, user: User) -> str:
    """Where the rep gets tests: the number they typed once, else their phone in Pipedrive; "" = ask."""
    typed, in_pipedrive = await runtime.tryouts.numbers(user.company_id, user.user_id)
    if typed or not in_pipedrive:
        return typed
    read = read_number(in_pipedrive, user.country)
    return read.e164 if isinstance(read, Number) else ""


async def send_test(
    runtime: Runtime, view: BatchView, user: User, *, typed: str, nth: int, person: int
) -> UUID:
    """The draft's `nth` test (from 1), once however often it is asked for. The text is saved already.

    The number stays with the rep for the next time.
    """
    if not 1 <= nth <= MOST_TESTS:
        raise Conflict(
            "too_many_tests",
            f"{MOST_TESTS} tests were sent of this draft.",
            f"That is all. {_KEPT}",
        )
    number = _read(typed, user.country)
    wanted = await _wanted(runtime, view, user, number, person)
    if await runtime.accounts.of(view.company_id) is None:
        raise await no_account(runtime, view)
    test_id = uuid5(view.id, f"test {nth}")
    made = await runtime.tryouts.make(view.id, test_id, wanted)
    if made == "too_late":
        raise not_as_seen(await runtime.batches.view(view.id) or view)
    if made == "too_many":
        raise Conflict(
            "too_many_tests",
            f"You sent {MOST_AN_HOUR} tests in the last hour.",
            f"Wait a while before the next one. {_KEPT}",
        )
    await runtime.tryouts.keep_number(user.company_id, user.user_id, number)
    return test_id


async def _wanted(
    runtime: Runtime, view: BatchView, user: User, number: str, person: int
) -> Wanted:
    """The text that the preview shows."""
    if not view.body.strip():
        raise BadRequest("empty_text", "There is no text yet.", "Write one, then send a test.")
    found = await preview(runtime, view, view.body, person=person)
    if found.problem is not None:
        raise found.problem
    place = await runtime.rows.place(view.id, found.shown.id) if found.shown else None
    if place is None:
        raise Conflict(
            "nobody_to_show",
            "There is nobody yet to write the test for.",
            f"Wait a moment. {_KEPT}",
        )
    if found.shown is not None and found.shown.reason is not None:
        empty = found.shown.reason is Reason.EMPTY_TEXT
        raise BadRequest(
            found.shown.reason.value,
            f"For this person the text {'is empty' if empty else 'gets too long'}.",
            "Preview somebody else, then send a test.",
        )
    return Wanted(number, user.name, view.body, place.fields, view.revision)


def _read(typed: str, country: str) -> str:
    read = read_number(typed, country)
    match read:
        case Number(e164=number):
            return number
        case NoNumber(reason=Reason.NO_NUMBER):
            raise BadRequest(
                "no_number", "Which number should the test go to?", f"Type your mobile's. {_KEPT}"
            )
        case NoNumber(reason=reason):
            raise BadRequest(
                f"test_{reason.value}",
                "A test can't go to this number.",
                f"Type your mobile's number with + and the country code. {_KEPT}",
            )
