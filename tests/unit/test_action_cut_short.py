"""A link that lost its end on the way never means another person."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import EVERYONE, link_query, parsed
from workers.domain.action import Chosen, LinkAction, read_action
from workers.domain.errors import BadRequest, Refused


def read(query: str) -> LinkAction:
    return read_action("sms", parsed(query))


@pytest.mark.parametrize(
    "query",
    [
        link_query(ids=[12, 1234], filter=None),
        link_query(ids=[12, 1234], filter=""),
        link_query(ids=[12, 1234], filter='{"everyone":'),
        link_query(ids=["12,"]),
        link_query(excluded=[12, 1234], filter=None),
        link_query(excluded=[12, 1234], filter='{"every'),
        link_query(excluded=["12,"]),
        "filter=%7B%22everyone%22%3A1%7D&" + link_query(ids=[12, 1234], filter=None),
        "resource=person&view=list&userId=7&companyId=1&filter=%7B%22everyone%22%3A1%7D"
        "&selectedIds=&excludedIds=12",
    ],
)
def test_a_list_that_nothing_proves_whole_is_refused(query: str) -> None:
    with pytest.raises(BadRequest, match=r"^cut_short"):
        read(query)


def test_picked_people_need_a_whole_filter_but_not_one_that_we_know() -> None:
    assert read(link_query(ids=[12], filter={"team_id": 3})).selection == Chosen((12,))


def cuts_that_are_not_refused(query: str) -> Counter[str]:
    whole = read(query)
    kept: Counter[str] = Counter()
    for end in range(len(query)):
        try:
            cut = read(query[:end])
        except Refused as error:
            kept[error.reason] += 1
        else:
            assert cut == whole, f"cut after {end} of {len(query)} bytes"
            kept["same people"] += 1
    return kept


def test_cut_a_2000_id_url_at_every_byte_never_a_different_person() -> None:
    pick = random.Random(2000)
    ids = [pick.randrange(1, 10 ** pick.randrange(1, 9)) for _ in range(2000)]

    kept = cuts_that_are_not_refused(link_query(ids=ids, token="eyJ.eyJ.sig"))

    assert kept["same people"] == len("&token=eyJ.eyJ.sig")
    assert kept["cut_short"] > 10_000


@given(
    ids=st.lists(st.integers(1, 10**8), max_size=6),
    excluded=st.lists(st.integers(1, 10**8), max_size=6),
    filter=st.sampled_from([EVERYONE, {"filter_id": 1234}, {"user_id": "11", "x y": "a,}"}]),
    token=st.sampled_from(["", "eyJ.eyJ.sig"]),
)
def test_any_cut_of_any_link_means_the_same_people_or_nobody(
    ids: list[int], excluded: list[int], filter: object, token: str
) -> None:
    cuts_that_are_not_refused(link_query(ids=ids, excluded=excluded, filter=filter, token=token))
