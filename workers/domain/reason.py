"""Why a person is left out of a batch: stable keys that the page turns into sentences."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A key of `web/words.py`; also what `recipients.reason` holds for skipped people."""

    # what their phone fields say
    NO_NUMBER = "no_number"  # no phone field, or only blank ones
    UNREADABLE = "unreadable"  # words, or digits that make no number
    NOT_POSSIBLE = "not_possible"  # a number that cannot exist: digits missing, too many, …
    NO_COUNTRY_CODE = "no_country_code"  # national, and we do not know in which country
    TWO_NUMBERS = "two_numbers"  # several numbers in one field
    EXTENSION = "extension"  # a number behind a switchboard
    LANDLINE = "landline"  # by its number, or learned from Twilio (30006, 21614)
    SERVICE_NUMBER = "service_number"  # toll-free, hotline, company-wide, pager, voicemail
    PREMIUM = "premium"  # premium, shared-cost or satellite: costs a lot and is no person's phone
    COUNTRY = "country"  # the company texts nobody in that country
    NO_HOUR = "no_hour"  # at no hour it is day everywhere their number may be
    # what we know besides
    OPTED_OUT = "opted_out"  # replied STOP (21610)
    SAME_NUMBER = "same_number"  # somebody else in the batch has this number
    TEXTED_RECENTLY = "texted_recently"  # the guard time of the number has not passed
    SAME_TEXT = "same_text"  # the number got this very text within a day
    IN_ANOTHER = "in_another"  # they wait in another text of the company
    GONE = "gone"  # deleted, or not visible to the rep
    NO_CONTACT = "no_contact"  # a deal, an organization or an activity to which nobody belongs
    FAILED_BEFORE = "failed_before"  # of a number: an earlier text to it did not get through
    ARRIVED = "arrived"  # the earlier text, which this one follows, reached them after all
    ASKED = "asked"  # nobody is texted: somebody asked what they were sent before
    UNTICKED = "unticked"  # the rep left them out by hand
    # what the text became for them
    EMPTY_TEXT = "empty_text"
    TOO_LONG = "too_long"
