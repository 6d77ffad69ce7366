"""A template before it is parsed: what is wrong with its braces and tags, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator

TAGS = ("if", "elsif", "else", "endif", "unless", "endunless")
_LONGEST_EXPRESSION = 300
_WHOLE = re.compile(r".*?[%}]\}")
_OPENING = re.compile(r"\{[{%]")


class NotAllowed(Exception):
    """Something in a template that a text may not use, at a position in its source."""

    def __init__(self, title: str, advice: str, at: int) -> None:
        super().__init__(title)
        self.title = title
        self.advice = advice
        self.at = at


def place(source: str, at: int) -> str:
    """`line 2, near “{{ person.nam }}”`: the braces around `at`, or what stands there."""
    start = max(source.rfind("{{", 0, at + 2), source.rfind("{%", 0, at + 2), 0)
    near = source[start : start + 40].split("\n")[0]
    whole = _WHOLE.match(near)
    line = source.count("\n", 0, start) + 1
    return f"line {line}, near “{(whole[0] if whole else near).strip()}”"


def how(source: str, at: int) -> str:
    """What to write instead at `at`, by what it seems to be meant as."""
    if source.rfind("{%", 0, at + 2) > source.rfind("{{", 0, at + 2):
        return "Write it like {% if person.first_name %} … {% endif %}."
    return "Write it like {{ person.first_name }}."


def scan(source: str) -> None:
    """Refuses, in one linear pass, what the parser would only tell in its own words or slowly."""
    open_tags: list[tuple[str, int]] = []
    for at, inner, is_tag in _pieces(source):
        if len(inner) > _LONGEST_EXPRESSION:
            raise NotAllowed("A field is too long", "Shorten it.", at)
        if not inner.strip(" \n-"):
            raise NotAllowed("A field is empty", how(source, at), at)
        if is_tag:
            _scan_tag(inner, at, open_tags)
    if open_tags:
        name, at = open_tags[-1]
        raise NotAllowed(
            f"“{name}” has no end", f"Write {{% end{name} %}} where it should end.", at
        )


def _pieces(source: str) -> Iterator[tuple[int, str, bool]]:
    """Every `{{ … }}` and `{% … %}`: where it begins, what it holds, whether it is a tag."""
    at = 0
    while found := _OPENING.search(source, at):
        closing = "}}" if found[0] == "{{" else "%}"
        end = source.find(closing, found.end())
        if end < 0:
            raise NotAllowed(
                f"“{found[0]}” is never closed", f"Write {closing} behind it.", found.start()
            )
        yield found.start(), source[found.end() : end], found[0] == "{%"
        at = end + 2


def _scan_tag(inner: str, at: int, open_tags: list[tuple[str, int]]) -> None:
    name = inner.strip("-").split(maxsplit=1)[0]
    if name not in TAGS:
        raise NotAllowed(
            f"“{name[:30]}” can't be used in a text",
            "Only if, elsif, else, endif, unless and endunless can.",
            at,
        )
    if name in ("if", "unless"):
        open_tags.append((name, at))
    elif not open_tags or (name.startswith("end") and name != f"end{open_tags[-1][0]}"):
        raise NotAllowed(f"“{name}” stands alone", "Write {% if … %} before it.", at)
    elif name.startswith("end"):
        open_tags.pop()
