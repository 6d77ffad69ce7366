"""What a rep does to a draft's text beside typing: plain characters, saved texts, the old one back."""

from __future__ import annotations

from uuid import UUID

from workers.domain.errors import BadRequest, Conflict, NotFound
from workers.domain.person import clean_line
from workers.domain.plain import plain, with_fall_back
from workers.domain.text import clean_body, fields_used, read_template
from workers.ports.outside import User
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.ports.texts import LONGEST_NAME, MOST_SAVED
from workers.stages.confirm import fresh, not_as_seen, save_draft, want_names

_KEPT = "Your text is kept."


async def use_plain(runtime: Runtime, view: BatchView, *, revision: int, typed: str) -> None:
    """Typographic characters become plain ones; the text as it was typed is set aside."""
    typed = clean_body(typed)
    made = plain(typed)
    if made.text == typed:
        await save_draft(runtime, view, revision=revision, body=typed)
        return
    await replace_text(runtime, view, revision=revision, typed=typed, body=made.text)


async def use_saved(
    runtime: Runtime, view: BatchView, text_id: UUID, *, revision: int, typed: str
) -> None:
    """A saved text takes the place of what was typed, which is set aside."""
    for saved in await runtime.texts.saved(view.company_id):
        if saved.id == text_id:
            await replace_text(runtime, view, revision=revision, typed=typed, body=saved.body)
            return
    raise NotFound("no_such_text", "This saved text was deleted meanwhile.", _KEPT)


async def put_back(runtime: Runtime, view: BatchView, *, revision: int, typed: str) -> None:
    """The text that was set aside comes back, and what stands there now is set aside."""
    if view.set_aside is None:
        raise Conflict("nothing_to_put_back", "There is no earlier text any more.", _KEPT)
    await replace_text(runtime, view, revision=revision, typed=typed, body=view.set_aside)


async def fall_back(
    runtime: Runtime, view: BatchView, *, field: str, instead: str, revision: int, typed: str
) -> None:
    """People who have no `field` read `instead`; the text as it was typed is set aside."""
    view = await save_draft(runtime, view, revision=revision, body=typed)
    if field not in fields_used(read_template(view.body)):
        raise Conflict("no_such_field", "This field isn't in the text any more.", _KEPT)
    if not instead.strip():
        raise BadRequest(
            "empty_fall_back",
            "What should stand there for people who have none?",
            f"Write a word or two, then press Put it in. {_KEPT}",
        )
    body = with_fall_back(view.body, field, instead)
    await replace_text(runtime, view, revision=view.revision, typed=view.body, body=body)


async def save_text(
    runtime: Runtime, view: BatchView, user: User, *, name: str, revision: int, typed: str
) -> None:
    """Everyone at the company may use this text from now on."""
    view = await save_draft(runtime, view, revision=revision, body=typed)
    name = clean_line(name)
    if not view.body.strip():
        raise BadRequest("empty_text", "There is no text to save yet.", "Write one first.")
    if not name or len(name) > LONGEST_NAME:
        raise BadRequest(
            "unnamed_text",
            "A saved text needs a name." if not name else "This name is too long.",
            f"Give it a name of at most {LONGEST_NAME} characters. {_KEPT}",
        )
    read_template(view.body)
    if await runtime.texts.save(view.company_id, name=name, body=view.body, by=user.user_id) == (
        "full"
    ):
        raise Conflict(
            "too_many_texts",
            f"{MOST_SAVED} texts are saved already.",
            f"Delete one that nobody needs any more, then save this one. {_KEPT}",
        )


async def drop_text(
    runtime: Runtime, view: BatchView, text_id: UUID, *, revision: int, typed: str
) -> None:
    """A saved text goes for everyone at the company; one that is gone already is fine."""
    await save_draft(runtime, view, revision=revision, body=typed)
    await runtime.texts.drop(view.company_id, text_id)


async def replace_text(
    runtime: Runtime, view: BatchView, *, revision: int, typed: str, body: str
) -> None:
    """The draft's text becomes `body`; what was typed is set aside, to be put back."""
    saved = await runtime.texts.replace(
        view.id, revision=revision, typed=clean_body(typed), body=body
    )
    if saved is None:
        raise not_as_seen(await fresh(runtime, view))
    await want_names(runtime, view, body)
