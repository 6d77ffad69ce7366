"""S1, S2 and S5 of the catalogue: which tokens of a link action are believed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from tests.forged import FORGED, SECRET, a_token, claims, mac_vectors
from web.tokens import can_verify, has_ended, read_token
from workers.domain.action import Chosen, LinkAction
from workers.domain.errors import Forged

ACTION = LinkAction("sms", "person", "list", company_id=42, user_id=7, selection=Chosen((1, 2)))


def read(token: str) -> Mapping[str, Any] | None:
    """The claims of a token that vouches for who clicks."""
    found = read_token(token, ACTION, secret=SECRET)
    return None if has_ended(found) else found


def test_pipedrives_token_is_believed() -> None:
    said = claims()
    assert read(a_token(said)) == said


def test_ids_may_be_written_as_text() -> None:
    assert read(a_token(claims(userId="7", companyId="42"))) is not None


def test_a_token_without_iat_is_believed() -> None:
    assert read(a_token(claims(iat=None))) is not None


def test_a_token_with_an_odd_key_id_is_still_pipedrives() -> None:
    assert read(a_token(header={"kid": "../../dev/null"})) is not None


def test_claims_meant_for_others_do_not_matter() -> None:
    assert read(a_token(claims(aud="app", iss="pipedrive", sub=7, jti=1))) is not None


def test_a_token_that_ran_out_is_as_good_as_none() -> None:
    long_ago = int(time.time()) - 3600
    assert read(a_token(claims(iat=long_ago, exp=long_ago + 300))) is None


def test_a_token_that_ran_out_a_moment_ago_is_believed() -> None:
    now = int(time.time())
    assert read(a_token(claims(iat=now - 310, exp=now - 10))) is not None


def test_a_token_that_ran_out_and_does_not_match_is_forged() -> None:
    long_ago = int(time.time()) - 3600
    with pytest.raises(Forged):
        read(a_token(claims(userId=8, iat=long_ago, exp=long_ago + 300)))


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_anything_else_is_forged(token: str) -> None:
    with pytest.raises(Forged) as refusal:
        read(token)
    assert refusal.value.status == 401
    assert str(refusal.value) == "forged_token: This link wasn't made by your Pipedrive."


def test_no_other_mac_is_pipedrives() -> None:
    for name, token in mac_vectors().items():
        with pytest.raises(Forged):
            assert read(token) is None, name


def test_any_changed_letter_makes_it_forged() -> None:
    token = a_token()
    for at in range(len(token)):
        other = "A" if token[at] != "A" else "B"
        with pytest.raises(Forged):
            read(token[:at] + other + token[at + 1 :])


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_short_secret_verifies_nothing(secret: str) -> None:
    assert not can_verify(secret)
    with pytest.raises(Forged):
        read_token(a_token(secret=secret), ACTION, secret=secret)
