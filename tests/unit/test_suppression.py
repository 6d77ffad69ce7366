"""Opt-outs of a forgotten company: hashes that only the same key, company and channel make again."""

from __future__ import annotations

import pytest

from workers.domain.suppression import hashed

NUMBER = "+37255512345"


@pytest.mark.parametrize(
    "other",
    [
        hashed("key2", NUMBER, company_id=42, channel="sms"),
        hashed("key1", "+37255512346", company_id=42, channel="sms"),
        hashed("key1", NUMBER, company_id=43, channel="sms"),
        hashed("key1", NUMBER, company_id=42, channel="whatsapp"),
    ],
)
def test_a_hash_is_bound_to_key_number_company_and_channel(other: str) -> None:
    assert hashed("key1", NUMBER, company_id=42, channel="sms") != other


def test_the_same_four_make_the_same_hash_without_the_number_in_it() -> None:
    first, second = (hashed("key1", NUMBER, company_id=42, channel="sms") for _ in range(2))
    assert first == second
    assert "512345" not in first
