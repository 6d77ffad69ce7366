"""The people behind records as rows of a batch: one a person, one a record that leads to nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from workers.domain.person import Person
from workers.domain.reason import Reason
from workers.ports.finding import Found, Resolving, Tally
from workers.ports.outside import Fields
from workers.ports.records import Record
from workers.ports.runtime import Runtime
from workers.stages.finding import decide, fields_for, nobody
from workers.stages.walk import Step


@dataclass(slots=True)
class Behind:
    """The people behind a step's records: whose they are, and who could be read."""

    ids: dict[int, Sequence[int]] = field(default_factory=dict)  # by record
    people: dict[int, Person] = field(default_factory=dict)
    reached: set[int] = field(default_factory=set)  # in the batch already, by earlier steps


async def rows_of(
    runtime: Runtime, work: Resolving, step: Step, behind: Behind, sender_name: str
) -> tuple[list[Found], Tally]:
    """A row per person not met before, and one per record that leads to nobody."""
    first: dict[int, Record] = {}  # whoever several records lead to keeps the first one's fields
    rows: list[int | Found] = []
    contactless = shared = 0
    for record in step.records:
        ids = behind.ids[record.record_id]
        if not ids:
            contactless += 1
            rows.append(nobody(None, title_of(work, record), Reason.NO_CONTACT))
        for person_id in ids:
            if person_id in behind.reached or person_id in first:
                shared += 1
            else:
                first[person_id] = record
                rows.append(person_id)
    gone = [
        nobody(None, title_of(work, Record(record_id)), Reason.GONE) for record_id in step.missing
    ]
    people = [behind.people[one] for one in first if one in behind.people]
    fields_of = partial(_fields, work.resource, first, sender_name)
    decided = {one.person_id: one for one in await decide(runtime, work, people, fields_of)}
    found = [
        row
        if isinstance(row, Found)
        else decided.get(row) or nobody(row, title_of(work, first[row]), Reason.GONE)
        for row in rows
    ]
    records = len(step.records) + len(step.missing)
    return [*found, *gone], Tally(records, contactless, len(step.missing), shared)


def title_of(work: Resolving, record: Record) -> str:
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
