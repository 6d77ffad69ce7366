"""A link action's query becomes whom the rep picked, or a refusal that says what to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import link_query, parsed
from tests.strategies import selections
from workers.domain.action import (
    Chosen,
    Filtered,
    LinkAction,
    read_action,
    selection_from_json,
    selection_to_json,
)
from workers.domain.errors import Refused, TooLong


def read(query: str, **options: int) -> LinkAction:
    return read_action("sms", parsed(query), **options)


def refusal(query: str, **options: int) -> Refused:
    with pytest.raises(Refused) as caught:
        read(query, **options)
    assert caught.value.title
    assert caught.value.advice
    return caught.value


def test_people_picked_by_hand_are_chosen() -> None:
    # Pipedrive's own example: the filter comes along even though the ids were picked by hand
    query = (
        "resource=person&view=list&userId=7&companyId=1&selectedIds=1%2C9&excludedIds="
        "&filter=%7B%22everyone%22%3A1%7D"
    )

    assert read(query) == LinkAction("sms", "person", "list", 1, 7, Chosen((1, 9)))


def test_picked_people_keep_their_order_and_come_once() -> None:
    assert read(link_query(ids=[9, 1, 9, "01", 3])).selection == Chosen((9, 1, 3))


def test_exclusions_mean_nothing_where_people_are_picked() -> None:
    assert read(link_query(ids=[1], excluded=[1, 2])).selection == Chosen((1,))


def test_one_person_from_their_own_page_is_chosen() -> None:
    action = read(link_query(ids=[5], view="details"))

    assert (action.view, action.selection) == ("details", Chosen((5,)))


def test_a_persons_own_page_names_one_person() -> None:
    assert refusal(link_query(ids=[5, 6], view="details")).reason == "not_one"
    assert refusal(link_query(view="details")).reason == "nothing_selected"
    assert refusal(link_query(ids=["5,"], view="details")).reason == "bad_ids"


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ({"filter_id": 42}, Filtered("filter", 42)),
        ({"filter_id": "42"}, Filtered("filter", 42)),
        ({" filter_id\n": 42}, Filtered("filter", 42)),
        ({"user_id": 11}, Filtered("owner", 11)),
        ({"user_id": "11", " activity_type": "lunch,call"}, Filtered("owner", 11)),
        ({"user_id": 11, "filter_id": None}, Filtered("owner", 11)),
        ({"everyone": 1}, Filtered("everyone")),
        ({"everyone": "1"}, Filtered("everyone")),
        ({"everyone": True}, Filtered("everyone")),
    ],
)
def test_select_all_names_a_filter_an_owner_or_everyone(filter: object, expected: Filtered) -> None:
    assert read(link_query(filter=filter)).selection == expected


def test_select_all_is_minus_the_excluded() -> None:
    selection = read(link_query(excluded=[3, 4, 3], filter={"filter_id": 42})).selection

    assert selection == Filtered("filter", 42, frozenset({3, 4}))


@pytest.mark.parametrize(
    "filter",
    [
        {"team_id": 3},
        {},
        {"filter_id": "mine"},
        {"filter_id": True},
        {"filter_id": 4.5},
        {"filter_id": -4},
        {"filter_id": 10**15},
        {"filter_id": [4]},
        {"everyone": 0},
        {"everyone": None},
        {"filter_id": 1, "user_id": 2},
        '{"filter_id": 1, "filter_id": 2}',
        '{" filter_id": 1, "filter_id": 2}',
    ],
)
def test_an_unknown_list_is_refused_not_guessed(filter: object) -> None:
    assert refusal(link_query(filter=filter)).reason == "unknown_filter"


@pytest.mark.parametrize(
    "filter",
    ["mine", "[1]", "42", '{"filter_id":', '{"a":' * 100_000, '{"filter_id":' + "9" * 5000 + "}"],
)
def test_a_filter_that_is_not_json_is_refused(filter: str) -> None:
    assert refusal(link_query(filter=filter)).reason == "bad_filter"


def test_nobody_selected_is_said() -> None:
    assert refusal(link_query(filter=None)).reason == "nothing_selected"
    assert refusal(link_query(filter="")).reason == "nothing_selected"
    assert refusal("resource=person&view=list&userId=7&companyId=1").reason == "nothing_selected"


@pytest.mark.parametrize("bad", ["x", "1 ", "-1", "1.0", "1" * 16, "", "٣", "1;2", "1%2"])
def test_ids_that_are_not_numbers_are_refused(bad: str) -> None:
    assert refusal(link_query(ids=[1, bad, 2])).reason == "bad_ids"
    assert refusal(link_query(excluded=[1, bad, 2])).reason == "bad_ids"


@pytest.mark.parametrize("resource", ["product", "", "Person", "people"])
def test_a_record_without_people_is_not_supported(resource: str) -> None:
    assert "not supported" in refusal(link_query(ids=[1], resource=resource)).title


def test_an_unknown_view_is_refused() -> None:
    assert refusal(link_query(ids=[1], view="kanban")).reason == "unknown_view"


@pytest.mark.parametrize("who", ["user", "company"])
@pytest.mark.parametrize("value", ["", "me", "1" * 16, "-1"])
def test_a_link_that_does_not_say_who_clicked_is_refused(who: str, value: str) -> None:
    assert refusal(link_query(ids=[1], **{who: value})).reason == "unknown_person_asking"


@pytest.mark.parametrize("resource", ["person", "deal", "organization", "activity"])
def test_every_documented_kind_of_record_is_read(resource: str) -> None:
    assert read(link_query(ids=[1], resource=resource)).resource == resource


def test_unknown_parameters_are_ignored_even_twice() -> None:
    query = "utm=a&utm=b&" + link_query(ids=[1], token="a.b.c", isShared="false")

    assert read(query).selection == Chosen((1,))


@pytest.mark.parametrize("name", ["selectedIds", "excludedIds", "filter", "userId", "token"])
def test_a_parameter_that_comes_twice_is_refused(name: str) -> None:
    query = link_query(ids=[1], token="a.b.c") + f"&{name}=2"

    assert refusal(query).reason == "repeated_parameter"


def test_more_people_than_we_take_are_refused_with_the_number_and_the_way_out() -> None:
    error = refusal(link_query(ids=range(1, 1202)), max_chosen=1200)

    assert isinstance(error, TooLong)
    assert "1,201" in error.title
    assert "1,200" in error.title
    assert "save a filter" in error.advice


def test_as_many_people_as_we_take_are_read() -> None:
    selection = read(link_query(ids=[*range(1, 1201), 1]), max_chosen=1200).selection

    assert isinstance(selection, Chosen)
    assert len(selection.ids) == 1200


def test_too_many_exclusions_are_refused_too() -> None:
    assert refusal(link_query(excluded=range(5)), max_chosen=4).reason == "too_many_people"


def test_ten_thousand_picked_people_are_read() -> None:
    selection = read(link_query(ids=range(10_000_000, 10_010_000))).selection

    assert selection == Chosen(tuple(range(10_000_000, 10_010_000)))


@given(st.lists(st.tuples(st.text(), st.text())))
def test_any_parameters_are_read_or_refused(params: list[tuple[str, str]]) -> None:
    with pytest.raises(Refused):
        read_action("sms", params)


@given(st.text(max_size=30))
def test_any_filter_is_read_or_refused(filter: str) -> None:
    with pytest.raises(Refused, match=r"^(bad_filter|unknown_filter|nothing_selected)"):
        read(link_query(filter=filter))


# ---------------------------------------------------------------- kept and found again


@given(selections())
def test_a_selection_survives_being_kept(selection: Chosen | Filtered) -> None:
    assert selection_from_json(selection_to_json(selection)) == selection
