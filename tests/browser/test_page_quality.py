"""The page for everybody: readable, reachable by keyboard, at rest when nothing moves (U1…)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.opening import SETTLED, a_page
from tests.staged import Stage, a_stage

TEXT = "Hi {{ person.first_name | default: 'there' }}, we open at nine."
BROKEN = "Hi {{ person.first_nam }}"
WIDTHS = (320, 1280)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
AXE = Axe().axe_script
LISTEN = """addEventListener("DOMContentLoaded", () => {
  window.heard = [];
  const live = "[role=status], [role=alert], [aria-live]";
  new MutationObserver((all) => {
    const spoke = all.map(({target}) => (target.closest ?? (() => null)).call(target, live)
      || target.parentElement?.closest(live) || target.querySelector?.(live)).find(Boolean);
    if (spoke) window.heard.push([performance.now() / 1000, spoke.textContent]);
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
})"""
RUN = "axe.run({resultTypes: ['violations']}).then((result) => result.violations)"
LONG, TURNED = "Ragnhild-" * 12 + "Ångström", "מרים כהן"


@pytest.fixture(scope="module")
def _running(
    module_database_url: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    with a_stage(
        module_database_url, valkey_url, folder, digits=True, pace=0.2, UNDO_SECONDS="600"
    ) as running:
        yield running


@pytest.fixture
def stage(_running: Stage) -> Stage:
    """One line for all tests here, well again; each test texts people of its own."""
    _running.twilio.latency, _running.twilio.callbacks, _running.twilio.rate = 0.02, True, 0.0
    _running.pipedrive.allow_at_once = True
    return _running


def draft(page: Page, stage: Stage, *people: int) -> None:
    page.goto(stage.pipedrive.link_url(people))
    expect(page.locator("#send")).to_have_text(re.compile(r"Send to \d"))


def send(page: Page, stage: Stage) -> None:
    page.locator("#body").fill(TEXT)
    page.locator("#send").click()
    expect(page.locator("#do-undo")).to_be_visible()
    stage.end_hold()


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(words), timeout=SETTLED)


def faults(page: Page, moment: str) -> list[str]:
    """What axe finds serious, and what hangs over the side, in both themes at both widths."""
    found = []
    page.wait_for_load_state()
    page.evaluate(AXE)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 700})
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{moment} {width}: {wide} wide"] if wide > width else []
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            for one in page.evaluate(RUN):
                if one["impact"] in {"serious", "critical"}:
                    nodes = [node["target"] for node in one["nodes"]]
                    found.append(f"{moment} {width} {theme}: {one['id']} {nodes[:4]}")
    return found


def test_nobody_is_kept_out_in_any_phase_theme_or_width(started: Browser, stage: Stage) -> None:
    odd = [
        stage.pipedrive.add_person(name=name, phone=f"+372 5612 900{nth}")["id"]
        for nth, name in enumerate((LONG, TURNED))
    ]
    with a_page(started) as page:
        draft(page, stage, 1, 5, 6, *odd)  # 5 is never reached, 6 has a landline
        found = faults(page, "empty draft")
        page.locator("#body").fill(BROKEN)
        expect(page.locator("#facts")).to_contain_text("There is no field")
        found += faults(page, "draft with a problem")
        page.locator("#body").fill(TEXT)
        expect(page.locator("#facts .bubble")).to_be_visible()
        found += faults(page, "draft")
        stage.twilio.latency = 1.5
        page.locator("#send").click()
        expect(page.locator("#do-undo")).to_be_visible()
        heading(page, "Texting")
        found += faults(page, "held")
        stage.end_hold()
        expect(page.locator("#do-undo")).to_have_count(0)
        heading(page, "delivered|Texting")
        found += faults(page, "sending")
        heading(page, r"3 of 4 delivered$")
        found += faults(page, "settled")
        for address in ("/", "/batches/nope", "/signed-out"):
            page.goto(stage.url + address)
            found += faults(page, address)
    assert not found, "\n".join(found)


def test_the_journey_needs_no_mouse(started: Browser, stage: Stage) -> None:
    with a_page(started, viewport={"width": 320, "height": 640}) as page:
        before = len(stage.twilio.accepted)
        draft(page, stage, 2, 3, 4)
        expect(page.locator("#body")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # + first name
        page.keyboard.type(", we open at nine.")
        expect(page.locator("#facts .bubble")).to_have_text(re.compile("^.+, we open at nine.$"))
        walk_to(page, "turn-on")
        page.keyboard.press("Enter")
        expect(page.locator(".nth")).to_have_text("2 of 3")
        page.keyboard.press("Enter")
        expect(page.locator(".nth")).to_have_text("3 of 3")
        walk_to(page, "send")
        page.keyboard.press("Enter")
        expect(page.locator("#do-undo")).to_be_focused()
        page.keyboard.press("Space")
        expect(page.get_by_text("Taken back: nothing was sent.")).to_be_visible()
        expect(page.locator("#body")).to_be_focused()
        assert len(stage.twilio.accepted) == before
        walk_to(page, "send")
        page.keyboard.press("Enter")
        expect(page.locator("#do-undo")).to_be_focused()
        stage.end_hold()
        heading(page, r"3 of 3 delivered$")
        walk_to(page, "do-again")


def walk_to(page: Page, there: str) -> None:
    """Tab by Tab; whatever has the focus on the way can be seen and isn't covered."""
    for _ in range(60):
        page.keyboard.press("Tab")
        at, hidden = page.evaluate(
            """() => {
                const at = document.activeElement, box = at.getBoundingClientRect();
                const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                return [at.id, !(top && (at.contains(top) || top.contains(at)))];
            }"""
        )
        assert not hidden, f"{at or 'something'} is covered"
        if at == there:
            return
    raise AssertionError(f"Tab never came to {there}")


#: The last two polls were further apart than those of a page that expects something.
RARELY = """() => { const at = performance.getEntriesByType("resource")
  .filter(({ name }) => name.includes("/progress")).map(({ startTime }) => startTime);
  return at.at(-1) - at.at(-2) > 2_900; }"""


def test_the_page_asks_while_something_may_change_and_rests_after(
    started: Browser, stage: Stage
) -> None:
    polls: list[str] = []

    def note(request: Request) -> None:
        if "/progress" in request.url:
            polls.append(request.url)

    with a_page(started) as page:
        page.on("request", note)
        draft(page, stage, 7, 8, 9)
        stage.twilio.callbacks = False
        stage.twilio.reset_next(1)
        stage.twilio.fail_next(503, 20503, times=1_000, on="list")  # nobody finds it yet
        send(page, stage)
        expect(page.get_by_text(re.compile("not known yet, checking at")).first).to_be_visible(
            timeout=SETTLED
        )
        seen = len(polls)
        stage.twilio.faults["list"].clear()
        expect(page.get_by_text("not known yet, checking at")).to_have_count(0, timeout=SETTLED)
        assert len(polls) > seen
        heading(page, r"of 3 delivered$")
        page.wait_for_function(RARELY)


def test_a_rep_who_is_signed_out_reads_that_sending_goes_on(started: Browser, stage: Stage) -> None:
    with a_page(started) as page:
        draft(page, stage, 11, 12, 13)
        stage.twilio.latency = 3.0
        send(page, stage)
        page.context.clear_cookies()
        expect(page.locator("#asleep")).to_contain_text("You are signed out. Sending goes on.")
        expect(page.locator("#asleep")).to_be_in_viewport()


def test_while_a_text_goes_out_a_screen_reader_is_told_at_most_every_ten_seconds(
    started: Browser, stage: Stage
) -> None:
    """U5; what came in between is told then, so the last that is said is true."""
    with a_page(started) as page:
        page.add_init_script(LISTEN)
        draft(page, stage, *range(31, 41))
        stage.twilio.rate = 0.6
        send(page, stage)
        heading(page, r"^\d+ of \d+ delivered$")
        expect(page.locator("#spoken")).not_to_contain_text("so far")
        heard = page.evaluate("window.heard")
    assert len(heard) >= 2
    apart = [later - before for (before, _), (later, _) in itertools.pairwise(heard)]
    assert min(apart) > 9.9, heard
