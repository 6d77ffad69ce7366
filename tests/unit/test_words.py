"""Every state, reason and waiting has words, and they say what is so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders_batches import NOW, a_batch, a_row
from tests.gallery import CONFIRMED, people
from web import alike, ending, views, why, words
from web.clock import clock
from workers.domain.action import Chosen, Filtered
from workers.domain.batch import Phase
from workers.domain.delivery import RANK, State
from workers.domain.finish import Pace, time_left
from workers.domain.reason import Reason
from workers.domain.reasons import CODES
from workers.ports.reading import Alike, Named


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_for_leaving_somebody_out_has_its_own_words(reason: Reason) -> None:
    said = why.LEFT_OUT[reason]

    assert said.said
    assert [said.said for said in why.LEFT_OUT.values()].count(said.said) == 1


def test_a_text_whose_people_were_all_left_out_at_the_last_moment_reached_nobody() -> None:
    view = a_batch([a_row(state=State.SKIPPED, reason="texted_recently")], **CONFIRMED)

    assert views.heading(view) == "Nobody was texted"


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_words_a_shape_a_count_and_a_next_step(state: State) -> None:
    row = a_row(state=state, reason="no_number" if state is State.SKIPPED else "30003")
    view = a_batch([row], **CONFIRMED)

    assert words.state(row, view)
    assert words.next_step(row, view)
    assert words.COUNTED[state]
    assert words.SHAPES[state]


@pytest.mark.parametrize("state", list(RANK))
def test_every_state_of_an_attempt_has_words(state: str) -> None:
    assert words.tried(state)


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_has_a_word(phase: Phase) -> None:
    assert words.PHASES[phase]


def test_no_sentence_for_a_rep_names_the_provider_or_a_code() -> None:
    said = [code.sentence for code in CODES.values()] + [one.said for one in why.LEFT_OUT.values()]

    assert not [sentence for sentence in said if "Twilio" in sentence or "segment" in sentence]


def test_an_unconfirmed_person_says_when_we_look_again_and_then_that_it_may_have_arrived() -> None:
    row = a_row(state=State.UNCONFIRMED, next_look_at=NOW + timedelta(minutes=15))
    view = a_batch([row], looking=1, **CONFIRMED)

    assert words.state(row, view) == "not known yet, checking at 14:46"
    assert words.state(replace(row, next_look_at=None), view) == (
        "unknown, it may already have arrived"
    )


def test_a_silent_network_is_told_once_this_person_is_not_asked_about_any_more() -> None:
    row = a_row(state=State.SENT, next_look_at=NOW + timedelta(minutes=15))
    view = a_batch([row], looking=1, **CONFIRMED)

    asking = words.state(row, view)
    ended = words.state(replace(row, next_look_at=None), view)

    assert asking == "on the mobile network, not confirmed yet"
    assert ended == "sent; this network doesn't confirm delivery"


@pytest.mark.parametrize(
    ("selection", "name", "said"),
    [
        (Chosen((1, 2)), "", "picked by hand in Pipedrive, 2 selected"),
        (Filtered("filter", 7), "Customers", "everyone in “Customers” in Pipedrive, 2 selected"),
        (
            Filtered("filter", 7, frozenset({9})),
            "",
            "everyone in a filter in Pipedrive except 1, 2 selected",
        ),
        (Filtered("everyone"), "", "everyone you can see in Pipedrive, 2 selected"),
    ],
)
def test_the_source_is_named_as_the_rep_knows_it(selection: object, name: str, said: str) -> None:
    view = a_batch([a_row(1), a_row(2)], selection=selection, source_name=name)

    assert words.source(view) == said


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"not_before": NOW + timedelta(seconds=9)}, "The first text goes out at 14:31:09."),
        (
            {"paused_at": NOW, "pause_reason": "person", "paused_by_name": "Mari"},
            "Paused by Mari at 14:31. 1 not sent yet.",
        ),
        (
            {"send_by": NOW - timedelta(minutes=1)},
            "Too late: 1 were not sent by 14:30. Send them now?",
        ),
        (
            {"back_off_until": NOW + timedelta(minutes=1)},
            "Texts leave as fast as their sender takes them. 1 person, going on at 14:32.",
        ),
        (
            {"paused_at": NOW, "pause_reason": "restored"},
            "Held while we check what had already been sent. 1 not sent yet.",
        ),
        (
            {"paused_at": NOW, "pause_reason": "restored", "pause_code": "looked"},
            "Our data was restored from a copy. We asked who has this text already: 1 not sent yet.",
        ),
    ],
)
def test_every_waiting_says_why_and_until_when(facts: dict[str, object], said: str) -> None:
    assert views.notices(a_batch([a_row()], **{**CONFIRMED, **facts})) == [said]


def test_a_used_up_budget_says_when_finding_goes_on() -> None:
    view = a_batch(
        [a_row(state=State.PENDING)],
        resolved_at=None,
        resolve_not_before=NOW + timedelta(hours=12),
        resolve_wait_reason="pipedrive_budget",
    )

    assert views.notices(view) == [
        "Finding numbers continues at 23 Nov, 02:31: Pipedrive's daily limit is used up."
    ]


def test_the_summary_adds_up_to_everybody() -> None:
    rows = people(delivered=3, sent=2, ready=4, failed=1, skipped=5, unconfirmed=1, canceled=2)

    parts = views.summary(a_batch(rows, **CONFIRMED))

    assert sum(part.people for part in parts) == len(rows)


@pytest.mark.parametrize(("seconds", "said"), [(3, 0), (180, 1)])
def test_the_moments_between_two_texts_of_a_slow_sender_are_no_news(
    seconds: int, said: int
) -> None:
    later = {"back_off_until": NOW + timedelta(seconds=seconds)}

    view = a_batch(people(delivered=3, ready=4), **{**CONFIRMED, **later})

    assert len(views.notices(view)) == said


def test_the_bar_fills_its_whole_width_without_those_left_out() -> None:
    view = a_batch(people(delivered=1, sent=1, failed=1, skipped=7), **CONFIRMED)

    pieces = views.bar(view)

    assert sum(piece.width for piece in pieces) == pytest.approx(100, abs=0.01)
    assert [piece.state for piece in pieces] == [State.DELIVERED, State.SENT, State.FAILED]


def test_failures_with_the_same_words_are_one_group_with_the_biggest_first() -> None:
    by_reason = {
        (State.FAILED, "21211"): Alike(1, (Named(5, 105, "Zoë"),)),
        (State.UNDELIVERED, "21211"): Alike(2, (Named(3, 103, "Mari"), Named(8, 108, "Jüri"))),
        (State.UNDELIVERED, "30003"): Alike(2),
        (State.SKIPPED, "landline"): Alike(9),
    }

    groups = alike.groups(by_reason, (State.FAILED, State.UNDELIVERED))

    assert [(group.people, group.may_retry) for group in groups] == [(3, False), (2, True)]
    assert [one.name for one in groups[0].some] == ["Mari", "Zoë", "Jüri"]
    assert groups[0].asks == "state=failed&state=undelivered&reason=21211"


@pytest.mark.parametrize(
    ("selection", "above", "typed"),
    [
        (Chosen((1, 2)), 2, False),
        (Chosen((1, 2)), 1, True),
        (Filtered("filter", 7), 2, False),
        (Filtered("owner", 7), 2, True),
        (Filtered("everyone"), 2, True),
    ],
)
def test_the_number_is_typed_for_many_people_and_for_everyone(
    selection: object, above: int, typed: bool
) -> None:
    assert views.must_type(a_batch([a_row(1), a_row(2)], selection=selection), above) is typed


def test_the_end_is_foreseen_from_the_pace_so_far_and_not_while_waiting() -> None:
    rows = people(delivered=101, ready=50, accepted=50)

    going = a_batch(rows, **CONFIRMED)
    paused = a_batch(rows, **CONFIRMED, paused_at=NOW)

    end = ending.done_by(going, time_left(going.counts, Pace(101, 120)))
    assert end == ending.End(NOW + timedelta(minutes=2), "14:33")
    assert ending.done_by(going, None) is None
    assert [ending.is_flowing(batch) for batch in (going, paused)] == [True, False]


def test_a_sender_that_takes_no_more_for_a_moment_hides_no_end() -> None:
    rows = people(delivered=101, ready=50)

    slowed = a_batch(rows, **CONFIRMED, back_off_until=NOW + timedelta(seconds=30))

    assert ending.is_flowing(slowed)
    assert views.notices(slowed) == [
        "Texts leave as fast as their sender takes them. 50 people, going on at 14:31."
    ]


def test_an_unknown_timezone_is_read_as_utc() -> None:
    assert clock(NOW, "Mars/Base", NOW) == "12:31"
