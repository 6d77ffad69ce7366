"""The address that receipts come to."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from workers.domain.callback import callback_url, verify_k

ATTEMPT = UUID("0198c5a2-7f00-7000-8000-000000000001")
OTHER = UUID("0198c5a2-7f00-7000-8000-000000000002")
OLD, NEW = "o" * 32, "n" * 32


def k_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["k"][0]


def test_the_address_names_the_attempt_and_asks_for_repeats() -> None:
    parts = urlsplit(callback_url("https://volley.example", ATTEMPT, NEW))
    assert (parts.scheme, parts.netloc) == ("https", "volley.example")
    assert parts.path == f"/twilio/status/{ATTEMPT}"
    assert parts.fragment == "rc=5&rp=ct,rt,5xx&ct=2000&rt=4000"


def test_the_address_is_short_enough_for_twilio() -> None:
    assert len(callback_url("https://" + "a" * 253, ATTEMPT, NEW)) < 500


def test_our_own_k_is_accepted_for_its_attempt_only() -> None:
    k = k_of(callback_url("https://volley.example", ATTEMPT, NEW))
    assert verify_k([NEW], ATTEMPT, k)
    assert not verify_k([NEW], OTHER, k)


def test_a_k_of_the_old_key_is_accepted_until_the_rotation_ends() -> None:
    k = k_of(callback_url("https://volley.example", ATTEMPT, OLD))
    assert verify_k([NEW, OLD], ATTEMPT, k)
    assert not verify_k([NEW], ATTEMPT, k)


@pytest.mark.parametrize("k", ["", "x", "ä", "\udc80", "=" * 43, "A" * 100_000])
def test_any_other_k_is_refused(k: str) -> None:
    assert not verify_k([NEW, OLD], ATTEMPT, k)


def test_a_changed_k_is_refused_at_every_place() -> None:
    k = k_of(callback_url("https://volley.example", ATTEMPT, NEW))
    for place in range(len(k)):
        changed = k[:place] + ("A" if k[place] != "A" else "B") + k[place + 1 :]
        assert not verify_k([NEW], ATTEMPT, changed)
    assert not verify_k([NEW], ATTEMPT, k[:-1])
    assert not verify_k([NEW], ATTEMPT, k + "=")


def test_k_gives_no_other_signature_of_ours_away() -> None:
    """The key is derived for this purpose: a plain HMAC of the id under the secret is something else."""
    plain = hmac.digest(NEW.encode(), ATTEMPT.bytes, hashlib.sha256)
    assert not verify_k([NEW], ATTEMPT, base64.urlsafe_b64encode(plain).rstrip(b"=").decode())
