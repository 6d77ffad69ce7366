"""What a draft's text becomes for real people: the preview, its parts and what to look out for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workers.domain import segments, text
from workers.domain.delivery import State
from workers.domain.errors import BadRequest, Refused
from workers.domain.reason import Reason
from workers.ports.outside import Fields
from workers.ports.reading import BatchView, Place, RecipientRow
from workers.ports.runtime import Runtime

_SAMPLES = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """One person's text; "" with a `reason` where there is none."""

    id: int
    name: str
    number: str  # E.164
    text: str
    parts: int
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Warned:
    """Something to look at before sending; `key` is a key of `web/words.py`."""

    key: str  # empty_field | too_long | empty_text (the last two: of the samples)
    field: str
    people: int
    some: tuple[tuple[int, str], ...] = ()  # (recipient id, name) of the first of them


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft's text for the first people and those with the longest values.

    `encoding` and `culprits` are those of the text with the most parts (`of_text`: the culprits
    stand in the text itself, not in somebody's name), `characters` those of `shown`. `before` and
    `after` are the recipients beside the shown one, who is the `nth` of all to be texted.
    """

    samples: tuple[Sample, ...] = ()
    shown: Sample | None = None
    before: int | None = None
    after: int | None = None
    nth: int = 1
    is_ready: bool = True  # the shown person is to be texted
    parts_min: int = 0
    parts_max: int = 0
    encoding: str = "GSM-7"
    culprits: tuple[str, ...] = ()
    of_text: bool = False
    characters: int = 0
    warnings: tuple[Warned, ...] = ()
    problem: Refused | None = None


async def preview(runtime: Runtime, view: BatchView, body: str, *, person: int = 0) -> Preview:
    """The text for up to 200 people; the recipient `person` is shown, or the first who gets one.

    No text, no preview.
    """
    if not body.strip():
        return Preview()
    try:
        template = text.read_template(body)
    except Refused as problem:
        return Preview(problem=problem)
    found = await runtime.rows.samples(view.id, limit=_SAMPLES)
    warnings = await _warnings(runtime, view, template)
    everybody = [_sample(row, template, fields) for row, fields in found]
    samples = tuple(sample for sample in everybody if sample.reason is None)
    spoiled = _spoiled([sample for sample in everybody if sample.reason is not None])
    if not samples:
        return _plain(template, warnings, spoiled)
    told = replace(_counted(template, samples), warnings=(*warnings, *spoiled))
    place = await runtime.rows.place(view.id, person or samples[0].id)
    if place is None or not place.fields:
        place = await runtime.rows.place(view.id, samples[0].id)
    return told if place is None else _showing(told, template, place)


def _counted(template: text.Template, samples: tuple[Sample, ...]) -> Preview:
    longest = segments.count(max(samples, key=lambda sample: sample.parts).text)
    strange = segments.foreign(max(samples, key=lambda sample: sample.parts).text)
    own = segments.foreign(template.source)
    return Preview(
        samples=samples,
        parts_min=min(sample.parts for sample in samples),
        parts_max=max(sample.parts for sample in samples),
        encoding=longest.encoding,
        culprits=tuple(char for char in strange if char in own) or strange,
        of_text=any(char in own for char in strange),
    )


def _showing(told: Preview, template: text.Template, place: Place) -> Preview:
    shown = _sample(place.row, template, place.fields)
    return replace(
        told,
        shown=shown,
        before=place.before,
        after=place.after,
        nth=place.nth,
        is_ready=place.row.state is State.READY,
        characters=len(shown.text),
    )


def _sample(row: RecipientRow, template: text.Template, fields: Fields) -> Sample:
    said = text.text_for(template, fields)
    number = row.number or ""
    if isinstance(said, Reason):
        return Sample(row.id, row.name, number, "", 0, said)
    return Sample(row.id, row.name, number, said, segments.count(said).segments)


def _plain(
    template: text.Template, warnings: tuple[Warned, ...], spoiled: Sequence[Warned]
) -> Preview:
    """Nobody to show it for: people are still being found, or nobody gets this text."""
    keys = {warning.key for warning in spoiled}
    if "too_long" in keys:
        return Preview(
            problem=BadRequest(
                "too_long",
                f"This text is longer than {text.MAX_TEXT:,} characters for everybody.",
                "Shorten it.",
            )
        )
    if keys:
        title = "This text is empty for everybody."
        return Preview(
            problem=BadRequest("empty_text", title, "Write some words around the fields.")
        )
    counted = segments.count(template.source)
    return Preview(
        parts_min=counted.segments,
        parts_max=counted.segments,
        encoding=counted.encoding,
        culprits=segments.foreign(template.source),
        of_text=counted.culprit is not None,
        characters=counted.characters,
        warnings=warnings,
    )


async def _warnings(
    runtime: Runtime, view: BatchView, template: text.Template
) -> tuple[Warned, ...]:
    """Counted over everybody by the database; rendering everybody would block the loop."""
    names = text.fields_without_default(template)
    empty = await runtime.rows.empty_fields(view.id, names) if names else {}
    return tuple(
        [
            Warned(
                "empty_field", name, empty[name], tuple(await runtime.rows.without(view.id, name))
            )
            for name in names
            if empty.get(name)
        ]
    )


def _spoiled(left_out: Sequence[Sample]) -> list[Warned]:
    """Of the samples, those who would get nothing, by why."""
    found = []
    for reason in (Reason.TOO_LONG, Reason.EMPTY_TEXT):
        some = [(sample.id, sample.name) for sample in left_out if sample.reason is reason]
        if some:
            found.append(Warned(reason.value, "", len(some), tuple(some[:5])))
    return found
