"""The same click finds the batch that it made before; anything else makes a new one."""

from __future__ import annotations

import pytest

from tests.builders import link_action
from workers.domain.action import Chosen, Filtered, LinkAction
from workers.domain.link_key import link_key

CLAIMS = {"userId": 7, "companyId": 1, "iat": 1000, "exp": 1300, "jti": "a"}


def test_the_same_click_has_the_same_key() -> None:
    assert link_key(link_action(), token_claims=None) == link_key(link_action(), token_claims=None)
    assert len(link_key(link_action(), token_claims=None)) == 32


def test_the_order_in_which_people_were_picked_does_not_matter() -> None:
    one = link_key(link_action(selection=Chosen((1, 2))), token_claims=None)

    assert one == link_key(link_action(selection=Chosen((2, 1))), token_claims=None)


@pytest.mark.parametrize(
    "other",
    [
        link_action(action="whatsapp"),
        link_action(resource="deal"),
        link_action(view="details"),
        link_action(company_id=2),
        link_action(user_id=8),
        link_action(selection=Chosen((1,))),
        link_action(selection=Chosen((19,))),
        link_action(selection=Filtered("everyone")),
        link_action(selection=Filtered("filter", 1)),
        link_action(selection=Filtered("owner", 1)),
        link_action(selection=Filtered("owner", 1, frozenset({9}))),
    ],
)
def test_another_wish_has_another_key(other: LinkAction) -> None:
    assert link_key(other, token_claims=None) != link_key(link_action(), token_claims=None)
    assert link_key(other, token_claims=CLAIMS) != link_key(link_action(), token_claims=CLAIMS)


def test_a_token_is_known_by_its_claims() -> None:
    # never by its text: PyJWT also accepts it with "=" appended
    key = link_key(link_action(), token_claims=CLAIMS)

    assert key == link_key(link_action(), token_claims={**CLAIMS, "extra": 1})
    assert key != link_key(link_action(), token_claims=None)


@pytest.mark.parametrize("claim", ["iat", "exp", "jti"])
def test_another_token_has_another_key(claim: str) -> None:
    key = link_key(link_action(), token_claims=CLAIMS)

    assert key != link_key(link_action(), token_claims={**CLAIMS, claim: 1001})
