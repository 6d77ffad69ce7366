"""The preview: the draft's text for real people, its parts, and what to look out for."""

from __future__ import annotations

import pytest

from tests.builders_batches import a_batch, a_row
from tests.fakes_ledger import Door, Ledger, a_runtime
from workers.domain.delivery import State
from workers.domain.reason import Reason
from workers.ports.reading import BatchView, RecipientRow
from workers.ports.runtime import Runtime
from workers.stages.preview import Warned, preview


def a_draft(*rows: RecipientRow) -> tuple[Runtime, BatchView]:
    ledger = Ledger()
    return a_runtime(ledger, Door()), ledger.keep(a_batch(rows), rows)


@pytest.mark.anyio
async def test_the_text_is_shown_as_the_first_person_gets_it() -> None:
    runtime, view = a_draft(a_row(1, name="Zoë Tamm"), a_row(2, name="Mari Maasikas"))

    found = await preview(runtime, view, "Hi {{ person.first_name }}!")

    assert found.shown is not None
    assert (found.shown.name, found.shown.text, found.nth) == ("Zoë Tamm", "Hi Zoë!", 1)
    assert (found.before, found.after) == (None, 2)
    assert (found.characters, len(found.samples)) == (7, 2)


@pytest.mark.anyio
@pytest.mark.parametrize(("asked", "nth"), [(7, 2), (9, 3), (99, 1), (0, 1)])
async def test_anybody_may_be_asked_for_and_who_is_not_there_is_the_first(
    asked: int, nth: int
) -> None:
    runtime, view = a_draft(a_row(5), a_row(7), a_row(9))

    found = await preview(runtime, view, "Hi", person=asked)

    assert (found.nth, found.is_ready) == (nth, True)
    assert (found.before, found.after) == {1: (None, 7), 2: (5, 9), 3: (7, None)}[nth]


@pytest.mark.anyio
async def test_somebody_who_is_left_out_may_be_looked_at_too() -> None:
    runtime, view = a_draft(a_row(1), a_row(2, name="Zoë", state=State.SKIPPED))

    found = await preview(runtime, view, "Hi {{ person.first_name }}", person=2)

    assert found.shown is not None
    assert (found.shown.text, found.is_ready) == ("Hi Zoë", False)


@pytest.mark.anyio
async def test_who_would_get_nothing_is_shown_with_the_reason() -> None:
    runtime, view = a_draft(a_row(1, name="Mari Maasikas"), a_row(2, name="Zoë"))

    found = await preview(runtime, view, "{{ person.last_name }}", person=2)

    assert found.shown is not None
    assert (found.shown.text, found.shown.reason) == ("", Reason.EMPTY_TEXT)


@pytest.mark.anyio
async def test_one_name_outside_the_plain_alphabet_shows_as_a_range_of_parts() -> None:
    runtime, view = a_draft(a_row(1, name="Mari"), a_row(2, name="Zoë"))

    found = await preview(runtime, view, "Hi {{ person.first_name }}, " + "see you there " * 6)

    assert (found.parts_min, found.parts_max) == (1, 2)
    assert (found.encoding, found.culprits, found.of_text) == ("UCS-2", ("ë",), False)


@pytest.mark.anyio
async def test_people_without_a_field_are_counted_unless_there_is_a_default() -> None:
    runtime, view = a_draft(a_row(1, name="Mari Maasikas"), a_row(2, name="Zoë"))

    bare = await preview(runtime, view, "Dear {{ person.last_name }}")
    with_default = await preview(runtime, view, 'Dear {{ person.last_name | default: "friend" }}')

    assert bare.warnings == (Warned("empty_field", "person.last_name", 1, ((2, "Zoë"),)),)
    assert with_default.warnings == ()


@pytest.mark.anyio
async def test_a_broken_field_says_which_instead_of_a_preview() -> None:
    runtime, view = a_draft(a_row(1))

    found = await preview(runtime, view, "Hi {{ person.nam }}")

    assert found.shown is None
    assert found.problem is not None
    assert "person.nam" in found.problem.title


@pytest.mark.anyio
async def test_a_text_that_is_too_long_for_everybody_is_a_problem() -> None:
    runtime, view = a_draft(a_row(1))

    found = await preview(runtime, view, "x" * 1601)

    assert found.problem is not None
    assert found.problem.reason == "too_long"


@pytest.mark.anyio
async def test_those_for_whom_the_text_is_empty_are_warned_of() -> None:
    runtime, view = a_draft(a_row(1, name="Mari Maasikas"), a_row(2, name="Zoë"))

    found = await preview(runtime, view, "{{ person.last_name }}")

    assert Warned("empty_text", "", 1, ((2, "Zoë"),)) in found.warnings
    assert [sample.name for sample in found.samples] == ["Mari Maasikas"]


@pytest.mark.anyio
async def test_a_text_that_is_empty_for_everybody_is_a_problem() -> None:
    runtime, view = a_draft(a_row(1, name="Zoë"))

    found = await preview(runtime, view, "{{ person.last_name }}")

    assert found.problem is not None
    assert found.problem.reason == "empty_text"


@pytest.mark.anyio
async def test_while_people_are_found_the_parts_are_those_of_the_text_itself() -> None:
    runtime, view = a_draft(a_row(1, state=State.PENDING))

    found = await preview(runtime, view, "x" * 161)

    assert (found.parts_min, found.parts_max, found.shown) == (2, 2, None)


@pytest.mark.anyio
async def test_no_text_is_no_problem_yet() -> None:
    runtime, view = a_draft(a_row(1))

    found = await preview(runtime, view, " \n ")

    assert (found.problem, found.characters, found.samples) == (None, 0, ())
