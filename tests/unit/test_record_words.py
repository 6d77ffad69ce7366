"""How records became people, as a rep reads it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.builders_batches import a_batch, a_row
from web import records, why, words
from workers.domain.action import Chosen, Filtered
from workers.domain.reason import Reason
from workers.ports.reading import BatchView

PICKED = Chosen(tuple(range(1, 13)))


def a_batch_of(resource: str = "deal", people: int = 9, nobody: int = 0, **given: Any) -> BatchView:
    rows = [a_row(at) for at in range(1, people + nobody + 1)]
    return a_batch(rows, resource=resource, contactless=nobody, **{"selection": PICKED, **given})


def test_deals_say_how_many_people_they_led_to() -> None:
    view = a_batch_of(nobody=2, records=12, shared=1)

    assert words.source(view) == (
        "picked by hand in Pipedrive: 12 deals → 9 people; 2 deals have no contact; 1 shared"
    )


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (a_batch_of("deal", 1, records=1), "1 deal → 1 person"),
        (a_batch_of("deal", 1, 1, records=2), "2 deals → 1 person; 1 deal has no contact"),
        (
            a_batch_of("organization", 40, 1, records=3),
            "3 organizations → 40 people; 1 organization has nobody in Pipedrive",
        ),
        (a_batch_of("activity", 2, records=1), "1 activity → 2 people"),
        (
            a_batch_of("deal", 3, records=4, missing=1),
            "4 deals → 2 people; 1 deleted or not visible to you",
        ),
    ],
)
def test_what_became_of_the_records_adds_up(view: BatchView, said: str) -> None:
    assert words.source(view) == f"picked by hand in Pipedrive: {said}"


@pytest.mark.parametrize(
    ("resource", "selection", "said"),
    [
        ("deal", Filtered("everyone"), "all open deals you can see in Pipedrive"),
        ("deal", Filtered("owner", 11), "all open deals of Mari Maasikas in Pipedrive"),
        (
            "deal",
            Filtered("everyone", closed_too=True),
            "all deals you can see in Pipedrive, won and lost ones too",
        ),
        ("deal", Filtered("filter", 5), "all deals in “Won” in Pipedrive"),
        (
            "organization",
            Filtered("owner", 12, frozenset({1, 2})),
            "all organizations of one user in Pipedrive except 2",
        ),
        (
            "activity",
            Filtered("everyone", kinds=frozenset({"lunch", "call"}), since=date(2026, 11, 2)),
            "all activities you can see of the kind call or lunch from 2 Nov 2026 on in Pipedrive",
        ),
        (
            "activity",
            Filtered("everyone", since=date(2026, 11, 2), until=date(2026, 11, 30)),
            "all activities you can see from 2 Nov 2026 to 30 Nov 2026 in Pipedrive",
        ),
        (
            "activity",
            Filtered("everyone", until=date(2026, 11, 30)),
            "all activities you can see until 30 Nov 2026 in Pipedrive",
        ),
    ],
)
def test_the_list_is_named_as_the_rep_saw_it(resource: str, selection: Filtered, said: str) -> None:
    view = a_batch_of(resource, records=9, selection=selection, source_name="Won")

    assert words.source(view).startswith(f"{said}: 9 ")


def test_a_whole_list_is_asked_about_by_its_records() -> None:
    view = a_batch_of(records=12, selection=Filtered("everyone"))

    assert words.asks(view) == (
        "All open deals you can see: 12 deals. Is that the number Pipedrive showed?"
    )


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"won": 14, "lost": 3}, "14 won and 3 lost deals are left out."),
        ({"won": 1, "lost": 0}, "1 won deal is left out."),
        ({"won": 0, "lost": 1200}, "1,200 lost deals are left out."),
        (
            {"won": 400, "lost": 100, "more_closed": True},
            "More than 500 won or lost deals are left out.",
        ),
        ({"won": 0, "lost": 0}, ""),
        ({}, ""),
    ],
)
def test_a_list_of_open_deals_says_how_many_others_it_leaves_out(
    known: dict[str, Any], said: str
) -> None:
    view = a_batch_of(records=12, selection=Filtered("owner", 11), **known)

    assert records.closed(view) == said


@pytest.mark.parametrize("selection", [PICKED, Filtered("filter", 5)])
def test_picked_deals_and_saved_filters_leave_none_out(selection: Any) -> None:
    assert records.closed(a_batch_of(records=12, selection=selection)) == ""


def test_a_record_of_nobody_says_what_to_do() -> None:
    assert "Link a person" in why.left_out(Reason.NO_CONTACT).advice


@pytest.mark.parametrize(
    "reason",
    ["pipedrive_filter_gone", "pipedrive_filter_type", "pipedrive_scope", "too_many_records"],
)
def test_a_list_that_could_not_be_read_says_why(reason: str) -> None:
    assert why.not_read(reason) != why.not_read("pipedrive_anything")
