"""Deals, organizations and activities become the people behind them, step by step, restartable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from workers.domain.person import Person
from workers.domain.reason import Reason
from workers.ports.finding import Found, Resolving, Tally
from workers.ports.outside import Access, Fields, PeoplePage
from workers.ports.records import Record
from workers.ports.runtime import Runtime
from workers.stages.finding import CHOSEN_AT_ONCE, END, Stop, ask, decide, fields_for, keep, nobody
from workers.stages.walk import Step, walk_of

#: A page of deals or activities is one step: its people are read 100 a call. Everybody of an
#: organization or a deal costs a call each, and a step must end long before its lease.
RECORDS_AT_ONCE = 500
CALLED_EACH = 10
#: More of those would use up a good part of the company's 30,000 daily tokens (§5).
MOST_CALLED_EACH = 500


@dataclass(slots=True)
class _Behind:
    """The people behind a step's records: whose they are, who could be read, and the cost."""

    ids: dict[int, Sequence[int]] = field(default_factory=dict)  # by record
    people: dict[int, Person] = field(default_factory=dict)
    reached: set[int] = field(default_factory=set)  # in the batch already, by earlier steps
    tokens: int = 0


async def find_records(runtime: Runtime, work: Resolving, sender_name: str, stop: Stop) -> bool:
    """Whether all records were walked."""
    walk = walk_of(runtime, work)
    while not stop():
        if work.cursor == END:
            return True
        if work.records >= runtime.settings.max_filtered:
            await runtime.finding.refuse(work, "too_many_people")
            return False
        step = await walk.step(work, CALLED_EACH if _is_asked_each(work) else RECORDS_AT_ONCE)
        if _is_asked_each(work) and not work.records and step.selected > MOST_CALLED_EACH:
            await runtime.finding.refuse(work, "too_many_records")
            return False
        behind = await _behind(runtime, work, step.records)
        found, tally = await _rows(runtime, work, step, behind, sender_name)
        tokens = step.tokens + behind.tokens
        kept = await keep(
            runtime, work, found, next_cursor=step.next_cursor, tokens=tokens, tally=tally
        )
        if not kept:
            return False
        records = work.records + tally.records
        work = replace(work, cursor=step.next_cursor, pages=work.pages + 1, records=records)
    return False


async def _behind(runtime: Runtime, work: Resolving, records: Sequence[Record]) -> _Behind:
    if _is_asked_each(work):
        return await _everybody_at(runtime, work, records)
    behind = _Behind(ids={record.record_id: record.person_ids for record in records})
    named = list(dict.fromkeys(one for record in records for one in record.person_ids))
    behind.reached = set(await runtime.finding.reached(work, named))
    unread = [one for one in named if one not in behind.reached]
    for start in range(0, len(unread), CHOSEN_AT_ONCE):
        some = unread[start : start + CHOSEN_AT_ONCE]
        page = await ask(runtime, work, partial(_by_ids, runtime, some))
        behind.people |= {person.person_id: person for person in page.people}
        behind.tokens += page.tokens
    return behind


def _is_asked_each(work: Resolving) -> bool:
    return work.resource == "organization" or (work.resource == "deal" and work.whole_deals)


async def _everybody_at(runtime: Runtime, work: Resolving, records: Sequence[Record]) -> _Behind:
    """Everybody of each record: a call of 10 tokens per record and 500 people (§3.5)."""
    behind = _Behind()
    for record in records:
        people: dict[int, Person] = {}
        cursor: str | None = None
        while True:
            page = await ask(runtime, work, partial(_people_of, runtime, work, record, cursor))
            people |= {person.person_id: person for person in page.people}
            behind.tokens += page.tokens
            if (cursor := page.next_cursor) is None:
                break
        behind.ids[record.record_id] = tuple(people)
        behind.people |= people
    behind.reached = set(await runtime.finding.reached(work, list(behind.people)))
    return behind


async def _rows(
    runtime: Runtime, work: Resolving, step: Step, behind: _Behind, sender_name: str
) -> tuple[list[Found], Tally]:
    """A row per person not met before, and one per record that leads to nobody."""
    first: dict[int, Record] = {}  # whoever several records lead to keeps the first one's fields
    rows: list[int | Found] = []
    contactless = shared = 0
    for record in step.records:
        ids = behind.ids[record.record_id]
        if not ids:
            contactless += 1
            rows.append(nobody(None, _title(work, record), Reason.NO_CONTACT))
        for person_id in ids:
            if person_id in behind.reached or person_id in first:
                shared += 1
            else:
                first[person_id] = record
                rows.append(person_id)
    gone = [
        nobody(None, _title(work, Record(record_id)), Reason.GONE) for record_id in step.missing
    ]
    people = [behind.people[one] for one in first if one in behind.people]
    fields_of = partial(_fields, work.resource, first, sender_name)
    decided = {one.person_id: one for one in await decide(runtime, work, people, fields_of)}
    found = [
        row
        if isinstance(row, Found)
        else decided.get(row) or nobody(row, _title(work, first[row]), Reason.GONE)
        for row in rows
    ]
    records = len(step.records) + len(step.missing)
    return [*found, *gone], Tally(records, contactless, len(step.missing), shared)


def _title(work: Resolving, record: Record) -> str:
    return record.title or f"{work.resource.capitalize()} {record.record_id}"


def _fields(
    resource: str, records: Mapping[int, Record], sender_name: str, person: Person
) -> Fields:
    """Merge fields with those of the record that led to the person."""
    record = records[person.person_id]
    fields = fields_for(person, sender_name)
    match resource:
        case "deal":
            fields["deal"] = {"title": record.title}
        case "activity":
            fields["activity"] = {"subject": record.title}
        case "organization":
            known = {"id": str(record.record_id), "name": record.title, "read": "yes"}
            fields["organization"] = known
    if record.org_id is not None and not fields["organization"].get("id"):
        fields["organization"]["id"] = str(record.org_id)
    return fields


async def _by_ids(runtime: Runtime, ids: Sequence[int], access: Access) -> PeoplePage:
    return await runtime.people.by_ids(access, ids)


async def _people_of(
    runtime: Runtime, work: Resolving, record: Record, cursor: str | None, access: Access
) -> PeoplePage:
    return await runtime.records.people_of(access, work.resource, record.record_id, cursor)
