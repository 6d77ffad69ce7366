"""What counts as STOP and START in a reply, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.keywords import Keyword, Wish, keyword_in

STOP = {
    "STOP": "STOP",
    "stop": "STOP",
    " Stop!\n": "STOP",
    "STOP.": "STOP",
    "“stop”": "STOP",
    "stop 🛑": "STOP",
    "ＳＴＯＰ": "STOP",
    "Stop  all": "STOP ALL",
    "unsubscribe": "UNSUBSCRIBE",
    "opt-out": "OPT OUT",
    "Quit": "QUIT",
    "REVOKE": "REVOKE",
    "Please stop": "PLEASE STOP",
    "please stop texting me!!": "PLEASE STOP",
    "Stop, please": "STOP PLEASE",
    "Don’t text me again": "DON'T TEXT",
    "Sorry, wrong number": "WRONG NUMBER",
    "wrong number.": "WRONG NUMBER",
    "Lõpeta": "LÕPETA",
    "vale number": "VALE NUMBER",
    "стоп": "СТОП",
    "Arrêt": "ARRÊT",
    "ARRET": "ARRÊT",
    "Väärä numero!": "VÄÄRÄ NUMERO",
    "Falsche Nummer": "FALSCHE NUMMER",
    "не тот номер": "НЕ ТОТ НОМЕР",
    "退订": "退订",
}


@pytest.mark.parametrize(("body", "word"), STOP.items())
def test_a_reply_that_wants_no_more_texts_is_a_stop_of_that_keyword(body: str, word: str) -> None:
    assert keyword_in(body) == Keyword(Wish.STOP, word)


@pytest.mark.parametrize("body", ["START", "start", "Unstop", "opt in", "СТАРТ", "Start."])
def test_start_takes_it_back(body: str) -> None:
    found = keyword_in(body)
    assert found is not None
    assert found.wish is Wish.START


@pytest.mark.parametrize(
    "body",
    [
        "",
        "   ",
        "Yes",
        "ok",
        "Stop by at nine",
        "I can't stop laughing",
        "When do you start?",
        "The end is near",
        "cancel my appointment on Monday",
        "HELP",
        "stopwatch",
        "the wrong numbers",
        "I had the wrong number in my phone for Anna, so please call her instead and then text me the details",
        "\0",
        "!!!",
    ],
)
def test_what_says_something_else_is_no_keyword(body: str) -> None:
    assert keyword_in(body) is None


@given(st.text(max_size=2_000))
def test_any_reply_can_be_read(body: str) -> None:
    found = keyword_in(body)
    assert found is None or len(found.word) < 40
