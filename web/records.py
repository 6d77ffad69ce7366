"""How deals, organizations and activities became people, in words (pure)."""

from __future__ import annotations

from datetime import date

from web.clock import number, people
from workers.domain.selection import Filtered
from workers.ports.reading import BatchView

_NAMES: dict[str, tuple[str, str]] = {
    "deal": ("deal", "deals"),
    "organization": ("organization", "organizations"),
    "activity": ("activity", "activities"),
}
#: What a text may say of the records it began with, offered beside the fields of people.
OWN_FIELDS: dict[str, tuple[str, ...]] = {
    "deal": ("deal.title",),
    "activity": ("activity.subject",),
}


def is_of_records(view: BatchView) -> bool:
    """Whether the rep ticked something else than people."""
    return view.resource in _NAMES


def source(view: BatchView) -> str:
    """Where the records came from, as the rep knows it, and whom they led to."""
    match view.selection:
        case Filtered() as filtered:
            except_for = f" except {number(len(filtered.excluded))}" if filtered.excluded else ""
            closed = ", won and lost ones too" if filtered.closed_too else ""
            return f"{_all(filtered, view)} in Pipedrive{closed}{except_for}: {made(view)}"
        case _:
            return f"picked by hand in Pipedrive: {made(view)}"


def made(view: BatchView) -> str:
    """ "12 deals → 9 people; 2 deals have no contact; 1 shared"."""
    led_to = view.counts.people - view.contactless - view.missing
    whole = " (everyone on them)" if view.whole_deals else ""
    said = [f"{_count(view.records, view)}{whole} → {people(led_to)}"]
    if view.contactless:
        has = "has" if view.contactless == 1 else "have"
        nobody = "nobody in Pipedrive" if view.resource == "organization" else "no contact"
        said.append(f"{_count(view.contactless, view)} {has} {nobody}")
    if view.missing:
        said.append(f"{number(view.missing)} deleted or not visible to you")
    if view.shared:
        said.append(f"{number(view.shared)} shared")
    return "; ".join(said)


def closed(view: BatchView) -> str:
    """What became of the won and lost deals of a list: "14 won and 3 lost deals are left out."."""
    if not isinstance(view.selection, Filtered) or view.selection.by == "filter":
        return ""
    if view.selection.closed_too:
        return "Won and lost deals are in here too."
    won, lost = view.won or 0, view.lost or 0
    if view.more_closed:
        return f"More than {number(won + lost)} won or lost deals are left out."
    said = [f"{number(count)} {how}" for count, how in ((won, "won"), (lost, "lost")) if count]
    if not said:
        return ""
    one = won + lost == 1
    return f"{' and '.join(said)} deal{'' if one else 's'} {'is' if one else 'are'} left out."


def asks(view: BatchView, selection: Filtered) -> str:
    """What a rep who selected a whole list is asked before sending."""
    closed = ", won and lost ones too" if selection.closed_too else ""
    said = f"{_all(selection, view)}{closed}: {_count(view.records, view)}. "
    return f"{said[0].upper()}{said[1:]}Is that the number Pipedrive showed?"


def _count(count: int, view: BatchView) -> str:
    return f"{number(count)} {_NAMES[view.resource][count != 1]}"


def _all(selection: Filtered, view: BatchView) -> str:
    """Deals without a filter are the open ones; lists of activities say kinds and days too."""
    records = _NAMES[view.resource][1]
    is_of_deals = view.resource == "deal" and selection.by != "filter"
    is_open = "open " if is_of_deals and not selection.closed_too else ""
    match selection.by:
        case "filter":
            name = f"“{view.source_name}”" if view.source_name else "a filter"
            said = f"all {records} in {name}"
        case "owner":
            owner = view.user_name if selection.id == view.user_id else ""
            said = f"all {is_open}{records} of {owner or 'one user'}"
        case "everyone":
            said = f"all {is_open}{records} you can see"
    kinds = f" of the kind {' or '.join(sorted(selection.kinds))}" if selection.kinds else ""
    return said + kinds + _days(selection.since, selection.until)


def _days(since: date | None, until: date | None) -> str:
    first, last = (day and f"{day.day} {day:%b %Y}" for day in (since, until))
    if first and last:
        return f" from {first} to {last}"
    if first:
        return f" from {first} on"
    return f" until {last}" if last else ""
