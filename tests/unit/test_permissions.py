"""Who may do what with a batch of user 7 in company 1."""

from __future__ import annotations

import pytest

from tests.builders import Asker
from workers.domain.permissions import (
    Right,
    may_configure,
    may_control,
    may_read,
    may_search,
    may_send,
    right,
)
from workers.ports.outside import User

OWNER = Asker()
ADMIN = Asker(user_id=8, is_admin=True)
SUPPORTER = Asker(user_id=9, is_support=True)
OTHER_REP = Asker(user_id=8)
NAMESAKE = Asker(company_id=2)
FOREIGN_ADMIN = Asker(company_id=2, is_admin=True)
FOREIGN_SUPPORTER = Asker(company_id=2, user_id=9, is_support=True)


def test_the_owner_does_everything_with_it() -> None:
    assert may_read(1, 7, OWNER)
    assert may_control(1, 7, OWNER)
    assert may_send(1, 7, OWNER)


@pytest.mark.parametrize("supporter", [ADMIN, SUPPORTER])
def test_support_reads_and_stops_but_sends_nothing(supporter: Asker) -> None:
    assert may_read(1, 7, supporter)
    assert may_control(1, 7, supporter)
    assert may_search(supporter)
    assert not may_send(1, 7, supporter)


@pytest.mark.parametrize("asker", [OTHER_REP, NAMESAKE, FOREIGN_ADMIN, FOREIGN_SUPPORTER])
def test_for_anybody_else_it_does_not_exist(asker: Asker) -> None:
    assert right(1, 7, asker) is Right.NONE
    assert not may_read(1, 7, asker)
    assert not may_control(1, 7, asker)
    assert not may_send(1, 7, asker)


def test_an_admin_owns_their_own_batches() -> None:
    assert right(1, 8, ADMIN) is Right.OWNER


def test_only_support_looks_people_up_in_all_batches() -> None:
    assert may_search(ADMIN)
    assert not may_search(OWNER)


def test_only_admins_change_settings() -> None:
    assert may_configure(ADMIN)
    assert not may_configure(SUPPORTER)
    assert not may_configure(OWNER)


def test_whose_tokens_were_taken_back_sees_their_own_texts_only() -> None:
    lapsed = Asker(user_id=8, is_admin=True, is_support=True, is_lapsed=True)
    assert right(1, 7, lapsed) is Right.NONE
    assert not may_search(lapsed)
    assert right(1, 8, lapsed) is Right.OWNER


def test_a_signed_in_user_is_an_asker() -> None:
    assert right(1, 7, User(company_id=1, user_id=7)) is Right.OWNER
