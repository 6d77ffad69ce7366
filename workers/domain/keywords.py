"""What a reply says about being texted: STOP, START, or nothing that we know."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Wish(StrEnum):
    """What somebody wants who replied with a keyword."""

    STOP = "stop"
    START = "start"


@dataclass(frozen=True, slots=True)
class Keyword:
    """The wish and the keyword that said it, in capitals; nothing else of a reply is kept."""

    wish: Wish
    word: str


# Twilio's own first (twilio.md §6.1), then what people write in other languages. They count only
# when they are the whole reply: "Stop by at nine" is no wish. YES is no START here: people answer
# questions with it.
_STOP = """
stop stopall stop all unsubscribe end quit revoke optout opt out cancel remove
stopp lõpeta peata loobu avsluta avregistrera avmeld afmeld afmelden stoppen abmelden
abbestellen arrêt désabonner parar pare baja alto cancelar sair ferma basta
annulla disiscrivi rezygnuję wypisz odhlásit leiratkozás dur iptal atsisakyti
beigt стоп отписаться отписка отмена відписатися στοπ διακοπη 停止 退订 중지 قف إيقاف
"""
_SEVERAL = ("stop all", "opt out", "opt in", "start again")
_START = "start unstop optin opt in subscribe resume start again старт"

#: These count within a short reply too: nobody writes them who wants the next text.
_PHRASES = """
please stop
stop please
stop texting
stop messaging
stop sending
stop contacting
do not text
don't text
do not contact
don't contact
remove me
unsubscribe me
take me off
leave me alone
wrong number
wrong person
vale number
väärä numero
fel nummer
feil nummer
forkert nummer
falsche nummer
verkeerd nummer
mauvais numéro
numéro incorrect
número equivocado
número errado
numero sbagliato
zły numer
špatné číslo
rossz szám
не тот номер
ошиблись номером
не пишите
ärge saatke
ära saada
älä lähetä
"""
_LONGEST_PHRASE = 80  # characters of a reply; a longer one tells something else as well
_LONGEST = 1600  # Twilio's most


def _plain(text: str) -> str:
    """Small letters without marks, punctuation and emoji, one space between words."""
    apart = unicodedata.normalize("NFKD", text[:_LONGEST].casefold().replace("’", "'"))
    kept = "".join(char for char in apart if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^\w']+", " ", kept).replace("_", " ").split())


def _words(text: str) -> dict[str, str]:
    """Each keyword as it is compared, and as it is kept."""
    several = [one for one in _SEVERAL if one in text]
    for one in several:
        text = text.replace(one, " ")
    return {_plain(word): word.upper() for word in (*several, *text.split())}


_STOP_WORDS, _START_WORDS = _words(_STOP), _words(_START)
_STOP_PHRASES = {_plain(line): line.upper() for line in _PHRASES.splitlines() if line}


def keyword_in(body: str) -> Keyword | None:
    """The wish in a reply, or None. What it cannot read is no wish."""
    said = _plain(body)
    if said in _STOP_WORDS:
        return Keyword(Wish.STOP, _STOP_WORDS[said])
    if said in _START_WORDS:
        return Keyword(Wish.START, _START_WORDS[said])
    if len(said) <= _LONGEST_PHRASE:
        for phrase, kept in _STOP_PHRASES.items():
            if f" {phrase} " in f" {said} ":
                return Keyword(Wish.STOP, kept)
    return None
