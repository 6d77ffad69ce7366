"""How many texts a text is charged as: GSM-7 or UCS-2, in parts, as Twilio counts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # an escape and a character: two units, never parted


@dataclass(frozen=True, slots=True)
class Parts:
    """What a text costs. `culprit` is the first character that GSM-7 lacks, or None."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int  # septets of GSM-7, or 16-bit units of UCS-2
    segments: int
    characters: int
    culprit: str | None


def count(text: str) -> Parts:
    """The parts of `text`. Twilio's own `num_segments` is the truth, but comes only with `sent`."""
    culprit = next((char for char in text if char not in _BASIC and char not in _EXTENDED), None)
    if culprit is None:
        sizes = [2 if char in _EXTENDED else 1 for char in text]
        return Parts("GSM-7", sum(sizes), _segments(sizes, 160, 153), len(text), None)
    sizes = [2 if char > "\uffff" else 1 for char in text]
    return Parts("UCS-2", sum(sizes), _segments(sizes, 70, 67), len(text), culprit)


def foreign(text: str) -> tuple[str, ...]:
    """The characters that GSM-7 lacks, each once: any of them makes the whole text UCS-2."""
    return tuple(dict.fromkeys(c for c in text if c not in _BASIC and c not in _EXTENDED))


def _segments(sizes: list[int], alone: int, joined: int) -> int:
    """Characters go into the next part whole: an escape pair or an emoji never straddles two."""
    if sum(sizes) <= alone:
        return 1 if sizes else 0
    segments, used = 1, 0
    for size in sizes:
        if used + size > joined:
            segments, used = segments + 1, 0
        used += size
    return segments
