"""Who may do what with a batch of user 7 in company 1."""

from __future__ import annotations

import pytest

from tests.builders import Asker
from workers.domain.permissions import Right, may_control, may_read, may_search, may_send, right
from workers.ports.outside import User

OWNER = Asker()
ADMIN = Asker(user_id=8, is_admin=True)
OTHER_REP = Asker(user_id=8)
NAMESAKE = Asker(company_id=2)
FOREIGN_ADMIN = Asker(company_id=2, is_admin=True)


def test_the_owner_does_everything_with_it() -> None:
    assert may_read(1, 7, OWNER)
    assert may_control(1, 7, OWNER)
    assert may_send(1, 7, OWNER)


def test_support_reads_and_stops_but_sends_nothing() -> None:
    assert may_read(1, 7, ADMIN)
    assert may_control(1, 7, ADMIN)
    assert not may_send(1, 7, ADMIN)


@pytest.mark.parametrize("asker", [OTHER_REP, NAMESAKE, FOREIGN_ADMIN])
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


def test_a_signed_in_user_is_an_asker() -> None:
    assert right(1, 7, User(company_id=1, user_id=7)) is Right.OWNER
