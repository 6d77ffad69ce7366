"""Builders for domain objects: everything has a sensible default, a test names what it is about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from workers.domain.action import Chosen, LinkAction, Selection
from workers.domain.batch import Counts, Life
from workers.domain.delivery import State
from workers.domain.person import Person, PhoneEntry

NOON = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)

EVERYONE: Mapping[str, object] = {"everyone": 1}


def after(seconds: float) -> datetime:
    """A moment that many seconds past noon."""
    return NOON + timedelta(seconds=seconds)


def link_query(
    *,
    ids: Iterable[object] = (),
    excluded: Iterable[object] = (),
    filter: object = EVERYONE,
    view: str = "list",
    token: str = "",
    **others: object,
) -> str:
    """The query of a link action, its parameters in the order in which Pipedrive sends them."""
    params: list[tuple[str, object]] = [
        ("resource", others.pop("resource", "person")),
        ("view", view),
        ("userId", others.pop("user", 7)),
        ("companyId", others.pop("company", 1)),
        ("selectedIds", ",".join(map(str, ids))),
    ]
    if view == "list":
        params += [("excludedIds", ",".join(map(str, excluded)))]
    if view == "list" and filter is not None:
        params += [("filter", filter if isinstance(filter, str) else json.dumps(filter))]
    params += [("token", token)] if token else []
    return urlencode(params + list(others.items()))


def parsed(query: str) -> list[tuple[str, str]]:
    """As the door hands a query to the domain."""
    return parse_qsl(query, keep_blank_values=True)


def link_action(
    *,
    selection: Selection = Chosen((1, 9)),  # noqa: B008 – frozen
    action: str = "sms",
    resource: str = "person",
    view: str = "list",
    company_id: int = 1,
    user_id: int = 7,
) -> LinkAction:
    return LinkAction(action, resource, view, company_id, user_id, selection)


def person(*phones: str | PhoneEntry, name: str = "Zoë Tamm", org_name: str = "Acme") -> Person:
    """Somebody with these phone fields; plain texts have no label."""
    first, _, last = name.partition(" ")
    return Person(
        person_id=42,
        name=name,
        first_name=first,
        last_name=last,
        org_id=5,
        org_name=org_name,
        phones=tuple(entry if isinstance(entry, PhoneEntry) else phone(entry) for entry in phones),
    )


def phone(value: str, label: str = "", *, primary: bool = False) -> PhoneEntry:
    return PhoneEntry(value, label, primary)


def life(
    *,
    resolved: bool = True,
    confirmed: bool = False,
    refused_reason: str | None = None,
    not_before: datetime | None = None,
    send_by: datetime | None = None,
    paused_at: datetime | None = None,
    pause_reason: str | None = None,
    canceled_at: datetime | None = None,
    resolve_not_before: datetime | None = None,
    resolve_wait_reason: str | None = None,
    back_off_until: datetime | None = None,
) -> Life:
    """A batch made an hour before noon, resolved unless told otherwise."""
    return Life(
        created_at=after(-3600),
        resolved_at=after(-3590) if resolved else None,
        confirmed_at=after(-60) if confirmed else None,
        refused_reason=refused_reason,
        not_before=not_before,
        send_by=send_by,
        paused_at=paused_at,
        pause_reason=pause_reason,
        canceled_at=canceled_at,
        resolve_not_before=resolve_not_before,
        resolve_wait_reason=resolve_wait_reason,
        back_off_until=back_off_until,
    )


def counts(*, looking: int = 0, **people: int) -> Counts:
    """`counts(ready=3, delivered=1)`."""
    return Counts({State(name): number for name, number in people.items()}, looking)


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who asks for a batch."""

    company_id: int = 1
    user_id: int = 7
    is_admin: bool = False
    is_support: bool = False
    is_lapsed: bool = False
