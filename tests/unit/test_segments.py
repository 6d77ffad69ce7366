"""Parts of a text, against the published vectors (twilio.md §11)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.segments import count

VECTORS = [
    ("", "GSM-7", 0),
    ("a", "GSM-7", 1),
    ("a" * 160, "GSM-7", 1),
    ("a" * 161, "GSM-7", 2),
    ("a" * 306, "GSM-7", 2),
    ("a" * 307, "GSM-7", 3),
    ("€" * 80, "GSM-7", 1),
    ("€" * 81, "GSM-7", 2),
    ("a" * 158 + "€", "GSM-7", 1),
    ("a" * 159 + "€", "GSM-7", 2),
    ("a" * 152 + "€" + "a" * 10, "GSM-7", 2),
    ("a" * 152 + "€" + "a" * 151, "GSM-7", 2),
    ("a" * 152 + "€" + "a" * 152, "GSM-7", 3),  # the escape pair leaves a septet of part 1 empty
    ("a\r\nb", "GSM-7", 1),
    ("\f^{}\\[~]|€", "GSM-7", 1),
    ("ж" * 70, "UCS-2", 1),
    ("ж" * 71, "UCS-2", 2),
    ("ж" * 134, "UCS-2", 2),
    ("ж" * 135, "UCS-2", 3),
    ("😀" * 35, "UCS-2", 1),
    ("😀" * 36, "UCS-2", 2),
    ("ж" * 66 + "😀" + "ж" * 66, "UCS-2", 3),  # 134 units, but the emoji does not straddle
    ("\t", "UCS-2", 1),
    ("`", "UCS-2", 1),
    ("ç", "UCS-2", 1),
    ("“hi”", "UCS-2", 1),
    ("zero\u200bwidth", "UCS-2", 1),
]


@pytest.mark.parametrize(("text", "encoding", "segments"), VECTORS)
def test_a_text_is_charged_as_twilio_charges_it(text: str, encoding: str, segments: int) -> None:
    parts = count(text)

    assert (parts.encoding, parts.segments) == (encoding, segments)


def test_extended_characters_and_emojis_count_twice() -> None:
    assert count("a€").units == 3
    assert count("ж😀").units == 3
    assert (count("a€").characters, count("ж😀").characters) == (2, 2)


def test_the_first_character_that_makes_a_text_dear_is_named() -> None:
    assert count("Tere, “Zoë” ж").culprit == "“"
    assert count("Häagen-Dazs für 5 €").culprit is None


@given(st.text(max_size=400))
def test_parts_hold_every_unit_and_waste_at_most_one_each(text: str) -> None:
    parts = count(text)
    alone, joined = (160, 153) if parts.encoding == "GSM-7" else (70, 67)

    if parts.units <= alone:
        assert parts.segments == (1 if text else 0)
    else:
        assert parts.segments * (joined - 1) < parts.units + joined
        assert parts.units <= parts.segments * joined


@given(st.text(max_size=200), st.text(max_size=200))
def test_more_text_is_never_charged_less(text: str, more: str) -> None:
    assert count(text).segments <= count(text + more).segments
