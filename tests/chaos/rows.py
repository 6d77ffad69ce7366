"""The rows of the suite: each scenario's name, what it does, and its small form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from tests.chaos import answers, clocks, flood, kills, outages, people, queues, receipts, restore
from tests.chaos.trial import Figures


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario; `quick` are the arguments of its small form.

    `in_ci`: part of every test run, in a scene of its own or, "together", in one with others.
    """

    name: str
    what: str
    run: Callable[..., Figures]
    quick: Mapping[str, Any] = field(default_factory=dict)
    in_ci: Literal["no", "alone", "together"] = "no"


ROWS = (
    Row(
        "R1",
        "workers killed at random moments",
        kills.killed_at_random,
        {"people": 400, "kills": 6},
        "together",
    ),
    Row(
        "R2",
        "workers killed at named points: around a claim",
        partial(kills.killed_at_points, points=kills.AROUND_CLAIMS),
        {"points": ("claimed", "request_sent", "before_record"), "times": 1},
        "alone",
    ),
    Row(
        "R2p",
        "workers killed at named points: around a post",
        partial(kills.killed_at_points, points=kills.AROUND_POSTS),
        {"times": 1},
    ),
    Row(
        "R2r",
        "workers killed at named points: around a record",
        partial(kills.killed_at_points, points=kills.AROUND_RECORDS),
        {"times": 1},
    ),
    Row("R3", "the broker flushed", queues.flushed, {"people": 400, "times": 3}),
    Row("R4", "the broker dead", queues.dead, {"people": 200, "seconds": 4}),
    Row("R5", "the broker full", queues.full, {"people": 300}),
    Row(
        "R6",
        "the database killed",
        outages.killed,
        {"people": 300, "times": 1, "away": 2, "back": 60},
        "together",
    ),
    Row("R6s", "every session ended", outages.sessions_ended, {"people": 600, "seconds": 4}),
    Row("R7", "clocks that are wrong", clocks.skewed, {"people": 400}),
    Row("R8", "a worker stopped and woken", clocks.stopped, {"people": 300, "seconds": 25}),
    Row("R9", "told to slow down", answers.throttled, {"people": 300, "seconds": 5}),
    Row("R10", "answers broken", answers.broken_answers, {"people": 200, "step": 40}, "alone"),
    Row("R10m", "the list lags by minutes", answers.lagging, {"people": 30, "lag": 6}),
    Row("R11", "nobody listens", answers.unreachable, {"people": 200, "seconds": 3}),
    Row("R11a", "a login that is refused", answers.refused_login, {"people": 200}),
    Row("R12", "receipts in a flood", flood.flooded, {"rate": 500, "seconds": 1}, "alone"),
    Row(
        "R12s",
        "receipts that come steadily, thrice, and a day late",
        receipts.steady,
        {"people": 40},
    ),
    Row("R15", "everything pressed at once", people.at_once, {"people": 60}),
    Row("R16", "asked to stop", people.asked_to_stop, {"people": 300, "times": 1}),
    Row("R16o", "an old worker on the new schema", people.old_worker, {"people": 200}),
    Row(
        "R20",
        "Pause and Stop at random",
        people.pressed,
        {"batches": 4, "times": 2, "each": 60},
        "together",
    ),
    Row(
        "R21", "a copy from before", restore.restored, {"people": 150, "slowly": 2_000}, "together"
    ),
    Row("R21d", "a copy of the disk that nobody tells of", restore.snapshot, {"people": 150}),
    Row(
        "R21t",
        "a copy that only a person knows of",
        partial(restore.restored, told=True),
        {"people": 150},
    ),
)

#: Rows of tests-to-pass.md that tests elsewhere cover whole.
ELSEWHERE = {
    "R2 (in the ledger)": "tests/integration/test_journey_machine.py",
    "R10 (every byte)": "tests/contract/test_messenger_faults.py::test_an_answer_cut_at_any_byte_is_unconfirmed",
    "R11 (DNS)": "tests/contract/test_messenger_faults.py::test_an_unknown_host_means_not_sent",
    "R11 (TLS)": "tests/contract/test_messenger_faults.py::test_a_failed_handshake_means_not_sent",
    "R11 (codes)": "tests/unit/test_twilio_codes.py",
    "R12 (orders)": "tests/integration/test_ledger.py::test_in_any_order_with_every_receipt_twice_the_end_is_the_same",
    "R12 (early)": "tests/integration/test_ledger.py::test_an_attempt_takes_its_sid_however_late_it_comes",
    "R12 (unknown)": "tests/integration/test_ledger.py::test_a_receipt_for_an_attempt_that_we_do_not_have_is_kept_and_counted",
    "R13": "tests/integration/test_one_refresh.py",
    "R15 (links)": "tests/integration/test_same_link.py",
    "R16 (the group)": "tests/integration/test_clean_stop.py",
    "R18": "tests/integration/test_protocol.py::test_a_long_link_arrives_whole",
    "R18 (longer)": "tests/integration/test_protocol.py::test_a_link_past_a_megabyte_gets_a_page_that_says_so",
}
