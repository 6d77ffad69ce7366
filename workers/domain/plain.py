"""Typographic characters of a text, replaced by plain ones that mean the same and cost less."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from workers.domain.segments import foreign


@dataclass(frozen=True, slots=True)
class Plained:
    """A text in plain characters: what was replaced by what, and what has no faithful replacement."""

    text: str
    replaced: tuple[tuple[str, str], ...]
    left: tuple[str, ...]


_MEANS: dict[str, str] = {
    **dict.fromkeys("‘’‚‛′`´ʼ", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("•‣◦▪", "-"),
    # every space of Unicode that takes room, and those that take none
    **dict.fromkeys("\u00a0\u1680\u202f\u205f\u3000", " "),
    **dict.fromkeys(map(chr, range(0x2000, 0x200B)), " "),
    **dict.fromkeys("\u200b\u2060\ufeff\u00ad", ""),
    **{"‹": "<", "›": ">", "…": "...", "×": "x", "™": "(TM)", "®": "(R)", "©": "(c)"},
    **{"½": "1/2", "¼": "1/4", "¾": "3/4", "№": "No."},
    **{chr(wide): chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)},
    **{"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"},
}
#: In what Liquid reads: a quote that became straight in there would end somebody's default.
_WOULD_BREAK = frozenset("'\"{}%|:")


def plain(source: str) -> Plained:
    """A template whose typographic characters are plain; letters stay letters, fields stay fields.

    Only what GSM-7 lacks is touched, and only where the plain spelling means the same: “ł” is no
    “l”, so it stays. Doing it twice changes nothing more.
    """
    text = "".join(_plain(part, in_braces=in_braces) for part, in_braces in _pieces(source))
    stays = foreign(text)
    replaced = {
        char: _MEANS.get(char, unicodedata.normalize("NFC", char))
        for char in foreign(source)
        if char not in stays
    }
    return Plained(text, tuple(replaced.items()), stays)


def _plain(part: str, *, in_braces: bool) -> str:
    # "e" with an accent of its own is the é of GSM-7, spelled in two.
    composed = unicodedata.normalize("NFC", part)
    return "".join(_means(char, in_braces=in_braces) for char in composed)


def _means(char: str, *, in_braces: bool) -> str:
    meant = _MEANS.get(char, char)
    return char if in_braces and _WOULD_BREAK & set(meant) else meant


def with_fall_back(source: str, field: str, instead: str) -> str:
    """Every printed `field` that has no default gets one: `{{ person.first_name | default: "there" }}`.

    Quotes and braces of `instead` would end the field, so they go.
    """
    word = re.sub(r'["{}%|\n]', "", instead).strip()
    return "".join(
        _with_default(part, field, word) if in_braces else part
        for part, in_braces in _pieces(source)
    )


def _with_default(part: str, field: str, word: str) -> str:
    head = part[: len(part) - len(part[2:].lstrip("- \n"))]
    rest = part[len(head) :].removeprefix(field)
    is_printed = part.startswith("{{") and part[len(head) :].startswith(field)
    if not is_printed or re.match(r"[\w.]", rest) or "default" in rest:
        return part
    return f'{head}{field} | default: "{word}"{rest}'


_OPENING = re.compile(r"\{[{%]")


def _pieces(source: str) -> Iterator[tuple[str, bool]]:
    """The text in and between braces, in one linear pass; behind braces that never end all is text."""
    at = 0
    while found := _OPENING.search(source, at):
        end = source.find("}}" if found[0] == "{{" else "%}", found.end())
        if end < 0:
            break
        yield source[at : found.start()], False
        yield source[found.start() : end + 2], True
        at = end + 2
    yield source[at:], False
