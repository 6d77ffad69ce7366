"""What of Liquid a text may use; everything else is refused when it is saved.

Loops, assignments, includes and filters that multiply their input (`replace`) are left out: a
template of 5,000 characters must never cost memory or time. What is left cannot fail while it is
rendered, whoever the person is, because all fields are strings and all arguments are checked here.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field

from liquid import BoundTemplate, Environment, Mode, RenderContext
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions import (
    BooleanExpression,
    Filter,
    FilteredExpression,
    Path,
    PositionalArgument,
    StringLiteral,
)
from liquid.builtin.expressions.logical import (
    ContainsExpression,
    EqExpression,
    LogicalAndExpression,
    LogicalOrExpression,
    NeExpression,
)
from liquid.builtin.expressions.primitive import Blank, Empty, IntegerLiteral
from liquid.builtin.filters import misc, string
from liquid.builtin.tags import if_tag, unless_tag
from liquid.expression import Expression
from liquid.token import Token

from workers.domain.liquid_scan import NotAllowed, how

FIELDS = {
    "person": ("first_name", "last_name", "name"),
    "organization": ("name",),
    "deal": ("title",),
    "activity": ("subject",),
    "sender": ("name",),
}
_NAMES = [f"{root}.{name}" for root, names in FIELDS.items() for name in names]

#: Filters by name: the function, and what its arguments must be (`?` = may be left out).
_FILTERS = {
    "default": (misc.default, ("text",)),
    "capitalize": (string.capitalize, ()),
    "upcase": (string.upcase, ()),
    "downcase": (string.downcase, ()),
    "strip": (string.strip, ()),
    "lstrip": (string.lstrip, ()),
    "rstrip": (string.rstrip, ()),
    "squish": (string.squish, ()),
    "append": (string.append, ("text",)),
    "prepend": (string.prepend, ("text",)),
    "remove": (string.remove, ("text",)),
    "truncate": (string.truncate, ("count", "text?")),
    "truncatewords": (string.truncatewords, ("count", "text?")),
}
_MOST_FILTERS = 100  # each costs ≤ 40 µs per person


class _If(if_tag.IfTag):
    mode = Mode.STRICT  # a second `else` is a mistake, not something to drop silently


class _Texts(Environment):
    """Liquid with a handful of tags and filters, and limits."""

    block_nesting_limit = 8
    context_depth_limit = 8
    loop_iteration_limit = 1
    local_namespace_limit = 1
    output_stream_limit = 20_000
    suppress_blank_control_flow_blocks = False

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (content.Literal, output.Output, illegal.Illegal, _If, unless_tag.UnlessTag):
            self.add_tag(tag)
        for name, (function, _) in _FILTERS.items():
            self.add_filter(name, function)


ENVIRONMENT = _Texts()


@dataclass(slots=True)
class Used:
    """The fields of a template: all in order, those printed bare, those tested by a condition."""

    names: list[str] = field(default_factory=list)
    bare: set[str] = field(default_factory=set)
    tested: set[str] = field(default_factory=set)
    filters: int = 0


def check(template: BoundTemplate) -> Used:
    """Refuses every field, filter and comparison that isn't allowed; tells which fields are used."""
    used = Used()
    context = RenderContext(template)
    waiting = list(reversed(template.nodes))
    while waiting:
        node = waiting.pop()
        for expression in node.expressions():
            if isinstance(expression, FilteredExpression):
                _check_printed(expression, used)
            else:
                _check_condition(expression, used)
        waiting.extend(reversed(list(node.children(context))))
    return used


def _check_printed(printed: FilteredExpression, used: Used) -> None:
    filters = printed.filters or []
    name = _check_text(printed.left, used)
    if name and not any(one.name == "default" for one in filters):
        used.bare.add(name)
    for one in filters:
        _check_filter(one, used)


def _check_filter(one: Filter, used: Used) -> None:
    used.filters += 1
    if used.filters > _MOST_FILTERS:
        raise NotAllowed("Too much is done to the fields", "Shorten it.", one.token.start_index)
    if one.name not in _FILTERS:
        raise NotAllowed(
            f"“{one.name}” can't be used in a text",
            f"These can: {', '.join(_FILTERS)}.",
            one.token.start_index,
        )
    wanted = _FILTERS[one.name][1]
    needed = sum(not kind.endswith("?") for kind in wanted)
    if not needed <= len(one.args) <= len(wanted):
        raise _wrong_arguments(one)
    for kind, argument in zip(wanted, one.args, strict=False):
        if not isinstance(argument, PositionalArgument):
            raise _wrong_arguments(one)
        if kind != "count":
            _check_text(argument.value, used)
        elif not isinstance(argument.value, IntegerLiteral):
            raise _wrong_arguments(one)


_EXAMPLES = {"count": "20", "text": '"there"'}


def _wrong_arguments(one: Filter) -> NotAllowed:
    wanted = [_EXAMPLES[kind] for kind in _FILTERS[one.name][1] if not kind.endswith("?")]
    example = f"{one.name}: {', '.join(wanted)}" if wanted else one.name
    return NotAllowed(
        f"“{one.name}” is written in another way", f"Write {example}.", one.token.start_index
    )


def _check_condition(condition: Expression, used: Used) -> None:
    """Also makes a bare field mean "has one": in Liquid an empty text would count as true."""
    if isinstance(condition, BooleanExpression):
        condition.expression = _condition(condition.expression, used)
        return
    raise _unreadable(condition.token)  # pragma: no cover – no tag of ours has another one


def _condition(part: Expression, used: Used) -> Expression:
    match part:
        case LogicalAndExpression() | LogicalOrExpression():
            part.left, part.right = _condition(part.left, used), _condition(part.right, used)
        case EqExpression() | NeExpression() | ContainsExpression():
            for side in (part.left, part.right):
                if isinstance(part, ContainsExpression) or not isinstance(side, Blank | Empty):
                    used.tested.add(_check_text(side, used))
        case Path():
            used.tested.add(_check_text(part, used))
            return NeExpression(part.token, part, Blank(part.token))
        case _:
            raise _unreadable(part.token)
    return part


def _check_text(value: Expression, used: Used) -> str:
    """The name of the field that `value` is, or "" for a text in quotes; nothing else will do."""
    if isinstance(value, StringLiteral):
        return ""
    if not isinstance(value, Path):
        raise _unreadable(value.token)
    name = str(value)
    if name not in _NAMES:
        raise _unknown_field(name, value.token)
    used.names.append(name)
    return name


def _unknown_field(name: str, token: Token) -> NotAllowed:
    close = difflib.get_close_matches(name[:50], _NAMES, n=1)
    meant = f"Did you mean {close[0]}? " if close else ""
    return NotAllowed(
        f"There is no field “{name[:50]}”",
        f"{meant}The fields are {', '.join(_NAMES)}.",
        token.start_index,
    )


def _unreadable(token: Token) -> NotAllowed:
    at = token.start_index
    return NotAllowed("A field can't be read", how(token.source, at), at)
