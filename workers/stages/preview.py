"""What a draft's text becomes for real people: the preview, its parts and what to look out for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workers.domain import segments, text
from workers.domain.errors import BadRequest, Refused
from workers.domain.reason import Reason
from workers.ports.reading import BatchView, RecipientRow
from workers.ports.runtime import Runtime

_SAMPLES = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """One person's text."""

    name: str
    text: str
    parts: int


@dataclass(frozen=True, slots=True)
class Warned:
    """Something to look at before sending; `key` is a key of `web/words.py`."""

    key: str  # empty_field | too_long | empty_text (the last two: of the samples)
    field: str
    people: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft's text for the first people and those with the longest values.

    `encoding` and `culprit` are those of the text with the most parts, `characters` those of `shown`.
    """

    samples: tuple[Sample, ...] = ()
    shown: Sample | None = None
    index: int = 0
    parts_min: int = 0
    parts_max: int = 0
    encoding: str = "GSM-7"
    culprit: str = ""
    characters: int = 0
    warnings: tuple[Warned, ...] = ()
    problem: Refused | None = None


async def preview(runtime: Runtime, view: BatchView, body: str, *, person: int = 0) -> Preview:
    """The text for up to 200 people, of whom the one at `person` is shown; no text, no preview."""
    if not body.strip():
        return Preview()
    try:
        template = text.read_template(body)
    except Refused as problem:
        return Preview(problem=problem)
    found = await runtime.rows.samples(view.id, limit=_SAMPLES)
    warnings = await _warnings(runtime, view, template)
    rendered = [(row, text.text_for(template, fields)) for row, fields in found]
    too_long = sum(said is Reason.TOO_LONG for _, said in rendered)
    samples = tuple(_sample(row, said) for row, said in rendered if not isinstance(said, Reason))
    if not samples:
        return _plain(template, warnings, too_long, len(rendered) - too_long)
    index = min(max(person, 0), len(samples) - 1)
    shown = samples[index]
    longest = segments.count(max(samples, key=lambda sample: sample.parts).text)
    return Preview(
        samples=samples,
        shown=shown,
        index=index,
        parts_min=min(sample.parts for sample in samples),
        parts_max=max(sample.parts for sample in samples),
        encoding=longest.encoding,
        culprit=longest.culprit or "",
        characters=len(shown.text),
        warnings=(*warnings, *_spoiled(too_long, len(rendered) - too_long - len(samples))),
        problem=None,
    )


def _sample(row: RecipientRow, said: str) -> Sample:
    return Sample(row.name, said, segments.count(said).segments)


def _plain(
    template: text.Template, warnings: tuple[Warned, ...], too_long: int, empty: int
) -> Preview:
    """Nobody to show it for: people are still being found, or nobody gets this text."""
    if too_long:
        return Preview(
            problem=BadRequest(
                "too_long",
                f"This text is longer than {text.MAX_TEXT:,} characters for everybody.",
                "Shorten it.",
            )
        )
    if empty:
        title = "This text is empty for everybody."
        return Preview(
            problem=BadRequest("empty_text", title, "Write some words around the fields.")
        )
    counted = segments.count(template.source)
    return Preview(
        parts_min=counted.segments,
        parts_max=counted.segments,
        encoding=counted.encoding,
        culprit=counted.culprit or "",
        characters=counted.characters,
        warnings=warnings,
    )


async def _warnings(
    runtime: Runtime, view: BatchView, template: text.Template
) -> tuple[Warned, ...]:
    """Counted over everybody by the database; rendering everybody would block the loop."""
    names = text.fields_without_default(template)
    empty = await runtime.rows.empty_fields(view.id, names) if names else {}
    return tuple(Warned("empty_field", name, empty[name]) for name in names if empty.get(name))


def _spoiled(too_long: int, empty: int) -> Sequence[Warned]:
    found = (Warned("too_long", "", too_long), Warned("empty_text", "", empty))
    return [warning for warning in found if warning.people]
