"""Phone numbers: what somebody typed in Pipedrive, read to E.164 or to the reason why not."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from workers.domain.reason import Reason

__all__ = ["NoNumber", "Number", "Reason", "mask", "normalise_query", "read_number", "written"]

#: An open page shows the same numbers again every 2 s, and parsing one takes a tenth of a millisecond.
AT_HAND = 4_096


@dataclass(frozen=True, slots=True)
class Number:
    """A number that may be texted."""

    e164: str
    is_mobile: bool  # surely one; False where mobiles can't be told apart, as in +1


@dataclass(frozen=True, slots=True)
class NoNumber:
    """Why there is nothing to text."""

    reason: Reason


def read_number(text: str, country: str) -> Number | NoNumber:
    """The one number in a phone field. `country` (ISO 3166 alpha-2, "" = unknown) is for national ones.

    Somebody else's phone must never ring, so nothing is guessed: what is not surely one number is
    left out, with a reason that says what to correct.
    """
    text = _without_note(_visible(text))
    if not any(char.isalnum() for char in text):
        return NoNumber(Reason.NO_NUMBER)
    if len(text) > _LONGEST or not any(char.isdigit() for char in text):
        return NoNumber(Reason.UNREADABLE)
    if _is_several(text, country, _SEPARATOR):
        return NoNumber(Reason.TWO_NUMBERS)
    result = _read_one(text, country)
    if isinstance(result, NoNumber) and _is_several(text, country, _GAP):
        return NoNumber(Reason.TWO_NUMBERS)
    return result


def _read_one(text: str, country: str) -> Number | NoNumber:
    try:
        number = _parse(text, country)
    except NumberParseException as error:
        return NoNumber(_why_unread(text, error))
    if number.extension:
        return NoNumber(Reason.EXTENSION)
    if _has_letters_behind_digits(text):
        # libphonenumber takes any three letters as a vanity number: "(Mari)" would become 6274.
        return NoNumber(Reason.UNREADABLE)
    return _textable(number)


_LONGEST = 250  # libphonenumber's own limit
_NOTE = re.compile(
    r"""[\s,;:–-]*(?:
        [(\[][^\d()\[\]]*[)\]]
      | \b(?:mobile|mobil|mob|cell|handy|whatsapp|sms|private|privat|home|work|office)\b\.?
    )\s*$""",
    re.VERBOSE | re.IGNORECASE,
)


def _visible(text: str) -> str:
    """Without the invisible marks that come along when numbers are pasted from elsewhere."""
    seen = (char for char in text if unicodedata.category(char) != "Cf")
    return "".join(seen).replace("＋", "+").strip()


def _without_note(text: str) -> str:
    """`+372 5123 4123 (Mari)` and `… mobile`: a note behind the digits, with no digit in it."""
    return _NOTE.sub("", text)


_SEPARATOR = re.compile(r"[;,|/\\\n&]|[^\W\d_]+\.?(?=\s*[+(\d])|(?<=\d)\s*(?=\+)")
_CERTAIN = frozenset("/\\|\n&")
_GAP = re.compile(r"\s+")  # only where the digits make no single number: 5123 4123 has one, too


def _is_several(text: str, country: str, separator: re.Pattern[str]) -> bool:
    """Whether the field holds more than one number.

    A separator alone proves nothing (`0171/1234567` is one German number), but digits that go on
    behind a whole number do: `415-555-2671 / 2672`. A comma, a semicolon or a word may also lead
    to an extension, so behind these it takes a number's worth of digits.
    """
    for found in separator.finditer(text):
        head, tail = _without_note(text[: found.start()]), text[found.end() :]
        digits = sum(char.isdigit() for char in tail)
        enough = 1 if found[0] in _CERTAIN else 7
        if digits >= enough and _is_whole(head, country):
            return True
        if digits >= 7 and sum(char.isdigit() for char in head) >= 7 and _is_whole(tail, country):
            return True
    return False


def _is_whole(text: str, country: str) -> bool:
    try:
        number = _parse(text, country)
    except NumberParseException:
        return False
    return not number.extension and phonenumbers.is_valid_number(number)


def _parse(text: str, country: str) -> phonenumbers.PhoneNumber:
    """The number as libphonenumber reads it, or raises its NumberParseException."""
    if text.startswith("+00"):
        text = f"+{text[3:]}"
    # 00 leads abroad in most of the world, but not from every default country (011 in the US).
    abroad = f"+{text[2:]}" if text.startswith("00") else ""
    try:
        number = phonenumbers.parse(text, country.upper() or None)
    except NumberParseException:
        if not abroad:
            raise
        number = phonenumbers.parse(abroad, None)
    else:
        if abroad and not phonenumbers.is_valid_number(number):
            number = phonenumbers.parse(abroad, None)
    return _without_mexican_one(number)


def _without_mexican_one(number: phonenumbers.PhoneNumber) -> phonenumbers.PhoneNumber:
    """+52 1 55… was how Mexican mobiles were called until 2020; it is +52 55… now, the same phone."""
    national = str(number.national_number)
    if number.country_code == 52 and len(national) == 11 and national.startswith("1"):
        return phonenumbers.parse(f"+52{national[1:]}", None)
    return number


def _why_unread(text: str, error: NumberParseException) -> Reason:
    match error.error_type:
        case NumberParseException.INVALID_COUNTRY_CODE:
            return Reason.NOT_POSSIBLE if "+" in text else Reason.NO_COUNTRY_CODE
        case NumberParseException.NOT_A_NUMBER:
            return Reason.UNREADABLE
        case _:
            return Reason.NOT_POSSIBLE


def _has_letters_behind_digits(text: str) -> bool:
    first = next(at for at, char in enumerate(text) if char.isdigit())
    return any(char.isalpha() for char in text[first:])


def _textable(number: phonenumbers.PhoneNumber) -> Number | NoNumber:
    """By the kind of number that its country's numbering plan says it is."""
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        return NoNumber(Reason.NOT_POSSIBLE)
    reason = _LEFT_OUT.get(kind)
    if reason is None and number.country_code in _SATELLITE:
        reason = Reason.PREMIUM
    if kind == PhoneNumberType.PERSONAL_NUMBER and number.country_code != 1:
        reason = Reason.PREMIUM
    if reason is not None:
        return NoNumber(reason)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return Number(e164, kind == PhoneNumberType.MOBILE)


#: Kinds that are never texted. Not here, so texted: MOBILE; FIXED_LINE_OR_MOBILE, because nobody
#: can tell (Twilio says 30006 or 21614 where it was a landline, and we remember it); VOIP, because
#: many of those do take texts and Twilio says so if one doesn't; PERSONAL_NUMBER in +1, where
#: Twilio's own test numbers (+1 500 555 …) are (elsewhere, +44 70, they are premium in disguise).
_LEFT_OUT = {
    PhoneNumberType.FIXED_LINE: Reason.LANDLINE,
    PhoneNumberType.PREMIUM_RATE: Reason.PREMIUM,
    PhoneNumberType.SHARED_COST: Reason.PREMIUM,
    PhoneNumberType.TOLL_FREE: Reason.SERVICE_NUMBER,
    PhoneNumberType.UAN: Reason.SERVICE_NUMBER,
    PhoneNumberType.PAGER: Reason.SERVICE_NUMBER,
    PhoneNumberType.VOICEMAIL: Reason.SERVICE_NUMBER,
}
#: Satellites and international networks: dollars a text, and favourites of those who pump texts.
_SATELLITE = frozenset({870, 878, 881, 882, 883, 888, 979})


@lru_cache(AT_HAND)
def mask(number: str) -> str:
    """`+44•••••••456`, for support: the country code and the last three digits."""
    try:
        code = str(phonenumbers.parse(number, None).country_code)
    except NumberParseException:
        code = ""
    kept = f"+{code}" if code else ""
    hidden = len(number) - len(kept) - 3
    return kept + "•" * hidden + number[-3:] if hidden > 3 else "•" * len(number)


@lru_cache(AT_HAND)
def written(number: str) -> str:
    """`+372 5123 4123`, as people write it; what is no E.164 stays as it is."""
    try:
        read = phonenumbers.parse(number, None)
    except NumberParseException:
        return number
    return phonenumbers.format_number(read, PhoneNumberFormat.INTERNATIONAL)


def normalise_query(text: str, country: str) -> tuple[str, ...]:
    """What support may mean by a number typed in any notation, in E.164; the likeliest first."""
    text = _visible(text)
    digits = "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal())
    found = []
    for spelling in (text, f"+{digits}"):
        try:
            number = _parse(spelling, country)
        except NumberParseException:
            continue
        if phonenumbers.is_possible_number(number) and not _has_letters(text):
            found.append(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    return tuple(dict.fromkeys(found))


def _has_letters(text: str) -> bool:
    return any(char.isalpha() for char in text)
