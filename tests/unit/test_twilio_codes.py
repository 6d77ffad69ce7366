"""The table of Twilio's error codes and what an answer means."""

from __future__ import annotations

import re

import pytest
from twilio.rest.api.v2010.account.message import (
    MessageInstance,
)

from workers.domain.delivery import RANK
from workers.domain.errors import (
    Misconfigured,
    ProviderError,
    Rejected,
    Throttled,
    Unavailable,
    Unconfirmed,
)
from workers.domain.reasons import CODES, code_of, stops_batch
from workers.providers.twilio_codes import STATES, classify, classify_read, state_of

# Written down from the contract notes by hand: kind, whether one stops the batch, its codes.
CONTRACT = """
account     stop 20003 20005 10001 30002 20404 10002 21608 21219 30044 30454 63038 30037 63062
account     go   21408 63015
throttle    go   20429 21611 30001 14107 30017 30022 30023 30025 30026 30027 30036 63017 63018
platform    go   20500 20503 30500 30410 63009 63010 63012 63023
bug         stop 20001 21602 21603 21604 21619 21658 21609 21624
bug         go   21664 21666 21667 30010 63030
permanent   go   21211 21217 21401 21421 21266 21614 21635 30006 30004 30005 30640 63003 63024 63032
temporary   go   30003 30008 30450 30453 30485 63036 63049
opted_out   go   21610 30630 63033
sender      stop 21606 21659 21660 21661 21212 21616 21657 21708 21709 30042 21701 21702 21705
sender      stop 21703 21704 30032 30033 30034 63001 63007 63008 63020 63022 63051 63112
sender      go   21612 30024 30035 30041 30043 30620
sender      many 30018 30040
content     stop 21617 30019 21620 21623 63019 11751 21654 21655 21656 63027 63028 63016
content     stop 63040 63041 63042
content     go   21618 63021 63005 63013 30610 30615
content     many 30007
"""
ROWS = [line.split() for line in CONTRACT.strip().splitlines()]
EXPECTED = {code: (kind, stop) for kind, stop, *codes in ROWS for code in codes}


def test_every_code_of_the_contract_has_its_class() -> None:
    assert {code: (known.kind, known.stop) for code, known in CODES.items()} == EXPECTED


@pytest.mark.parametrize("code", CODES)
def test_a_sentence_is_something_to_say_to_a_rep(code: str) -> None:
    sentence = CODES[code].sentence
    assert re.fullmatch(r"[A-Z].*[.]", sentence)
    assert not re.search(r"Twilio|SMS message|segment|recipient|\d{5}", sentence)
    assert CODES[code].advice


@pytest.mark.parametrize("code", ["21610", "30630", "21211", "21614", "30006", "21635", "30005"])
def test_a_number_that_cant_or_mustnt_be_texted_is_never_retried(code: str) -> None:
    assert not code_of(code).may_retry


def test_opt_outs_and_landlines_are_remembered_and_nothing_else_is() -> None:
    remembered = {code: known.remember for code, known in CODES.items() if known.remember}
    assert remembered == {
        "21610": "opted_out",
        "30630": "opted_out",
        "63033": "opted_out",
        "21614": "landline",
        "21635": "landline",
        "30006": "landline",
    }


def test_a_refused_request_costs_nothing_and_an_undelivered_text_may() -> None:
    assert not code_of("21211").charged
    assert code_of("30003").charged


def test_a_code_that_we_dont_know_stops_nothing_and_links_to_its_page() -> None:
    unknown = code_of("39999")
    assert not unknown.stops_batch
    assert unknown.retry == "user"
    assert unknown.link == "https://www.twilio.com/docs/errors/39999"
    assert unknown.sentence
    assert code_of("").link == ""


def test_an_account_fault_in_a_receipt_stops_the_batch_at_once() -> None:
    assert stops_batch("30034", refused=1, tried=1000)


def test_a_filter_stops_the_batch_only_once_it_meets_many() -> None:
    assert not stops_batch("30007", refused=1, tried=50)
    assert stops_batch("30007", refused=10, tried=50)
    assert not stops_batch("30003", refused=50, tried=50)


# ---------------------------------------------------------------- answers


def meaning(status: int, code: str = "") -> type[ProviderError]:
    return type(classify(status, code))


@pytest.mark.parametrize(
    ("status", "code", "means"),
    [
        (400, "21211", Rejected),
        (400, "21610", Rejected),
        (400, "21614", Rejected),
        (400, "21408", Rejected),
        (403, "21408", Rejected),
        (400, "21612", Rejected),
        (400, "21617", Rejected),
        (400, "39999", Rejected),
        (400, "", Rejected),
        (401, "20003", Misconfigured),
        (400, "20003", Misconfigured),
        (401, "", Misconfigured),
        (403, "20006", Misconfigured),
        (404, "20404", Misconfigured),
        (404, "", Misconfigured),
        (400, "21606", Misconfigured),
        (400, "21701", Misconfigured),
        (400, "21608", Misconfigured),
        (400, "21602", Misconfigured),
        (429, "20429", Throttled),
        (429, "", Throttled),
        (400, "21611", Throttled),
        (400, "63018", Throttled),
        (500, "20500", Unconfirmed),
        (503, "20503", Unconfirmed),
        (502, "", Unconfirmed),
        (503, "21211", Unconfirmed),
        (408, "", Unconfirmed),
        (302, "", Unconfirmed),
        (201, "", Unconfirmed),
        (200, "", Unconfirmed),
    ],
)
def test_an_answer_to_a_create_means(status: int, code: str, means: type[ProviderError]) -> None:
    assert meaning(status, code) is means


def test_we_wait_as_long_as_we_are_told_and_else_a_second() -> None:
    told, untold = classify(429, "20429", after=7.0), classify(429, "20429")
    assert isinstance(told, Throttled)
    assert isinstance(untold, Throttled)
    assert (told.after, untold.after) == (7.0, 1.0)


def test_a_full_queue_is_waited_for_longer() -> None:
    full = classify(400, "21611")
    assert isinstance(full, Throttled)
    assert full.after >= 60


@pytest.mark.parametrize("status", range(200, 600))
def test_whatever_is_no_clear_refusal_may_have_been_sent(status: int) -> None:
    clear = 400 <= status < 500 and status != 408
    assert (meaning(status) is Unconfirmed) is not clear
    assert meaning(status) is not Unavailable


@pytest.mark.parametrize(
    ("status", "code", "means"),
    [
        (500, "20500", Unavailable),
        (302, "", Unavailable),
        (200, "", Unavailable),
        (429, "20429", Throttled),
        (401, "20003", Misconfigured),
        (404, "20404", Rejected),
        (400, "20001", Misconfigured),
    ],
)
def test_reading_may_always_be_tried_again(
    status: int, code: str, means: type[ProviderError]
) -> None:
    assert type(classify_read(status, code)) is means


def test_an_error_keeps_the_code_and_twilios_reference() -> None:
    error = classify(400, "21211", request_id="RQ1")
    assert (error.code, error.request_id) == ("21211", "RQ1")
    assert classify(503, "").code == "503"


# ---------------------------------------------------------------- statuses


def test_every_status_that_the_sdk_knows_is_one_of_ours() -> None:
    words = {
        value for name, value in vars(MessageInstance.Status).items() if not name.startswith("_")
    }
    assert words == set(STATES)
    assert {state for state in STATES.values() if state} <= set(RANK)


def test_a_part_is_neither_an_arrival_nor_a_reason_to_send_again() -> None:
    assert state_of("partially_delivered") == "sent"
