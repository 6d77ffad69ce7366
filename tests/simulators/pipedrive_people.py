"""Makes the people of a simulated company, deterministic by id, with the phone fields real CRMs have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.simulators.pipedrive_records import Record

FIRST = (
    "Mari", "Jaan", "Kätlin", "Tõnu", "Õie", "Ülle", "Märt", "Liis", "Rasmus", "Piret", "Žanna", "Karl",
    "Anneli", "Siim", "Kristiina", "Ott", "Eha", "Andrus", "Jürgen", "Tiiu", "Šarlotte", "Peeter", "Helina",
)  # fmt: skip
LAST = (
    "Tamm", "Saar", "Sepp", "Mägi", "Kask", "Kukk", "Rebane", "Ilves", "Pärn", "Koppel", "Õunapuu", "Luik",
    "Raudsepp", "Kuusk", "Põder", "Lepik", "Järve", "Vaher", "Kütt",
)  # fmt: skip
FIRMS = (
    "Õunapuu & Pojad", "Põhjala Kohv", "Läänemere Laevad", "Mets ja Meri", "Kivi Ehitus", "Sinilill Floristika",
    "Tartu Tarkvara", "Vana Linn Hotell", "Rannarahva Resto", "Hansa Optika", "Jõe Jalgrattad", "Kask & Kuusk",
)  # fmt: skip
CITIES = ("Tallinn", "Tartu", "Pärnu", "Tallinn", "Viljandi", "Tallinn", "Narva")
CUSTOMER, LEAD, NEWSLETTER = 1, 2, 3  # label ids
EPOCH = datetime(2024, 7, 1, 5, 46, 33, tzinfo=UTC)

Phones = list[tuple[str, str]]  # (label, what somebody typed); the first is the primary one

# Last two digits of a number choose its fate in the Twilio simulator; ordinary ones never end in 90–99.
_ODD: dict[int, tuple[str, Phones]] = {
    3: ("Kati 🌻 Kask", [("mobile", "+372 5612 0003")]),
    5: ("Undelivered Uuno", [("mobile", "+372 5601 0090")]),
    6: ("Landline Leida", [("work", "+372 612 3456")]),
    8: ("{{7*7}} Tamm", [("mobile", "5612 0008")]),
    10: ("Vanished Väino", [("mobile", "+372 5601 0091")]),
    11: ("Both Birgit", [("work", "+372 645 6711"), ("mobile", "5612 0011")]),
    13: ("<script>alert('Mari')</script> Saar", [("mobile", "+372 5612 0013")]),
    14: ("Blank Bruno", [("work", "")]),
    16: ("Stopped Sten", [("mobile", "+372 5601 0092")]),
    17: ("=cmd|' /C calc'!A0", [("mobile", "+372 5612 0017")]),
    19: ("Extension Eevi", [("work", "+372 612 3456 ext. 5")]),
    20: ("Wrong-number Virve", [("mobile", "+372 5601 0093")]),
    22: ("Letters Laine", [("mobile", "ask Kati at the desk")]),
    23: ("Two-in-one Triin", [("mobile", "5612 0023 / 5612 0083")]),
    25: ("Lost-answer Lauri", [("mobile", "+372 5601 0094")]),
    26: ("Shared Silvi", [("home", "+372 5612 0026")]),
    27: ("Shared Sander", [("mobile", "56120026")]),
    29: ("Nonumber Nele", []),
    30: ("Server-error Sulev", [("mobile", "+372 5601 0095")]),
    32: ("Grace Hopper", [("mobile", "+1 202-555-0132")]),
    33: ("Ada Lovelace", [("mobile", "+44 7400 123433"), ("work", "+44 20 7946 0033")]),
    34: ("Jürgen Groß", [("Mobil (privat)", "+49 (0) 151 23450034")]),
    35: ("Unreachable Urmas", [("mobile", "+372 5601 0096")]),
    36: ("Алёна Кузнецова", [("mobile", "00372 5612 0036")]),
    38: ("Three-phones Tiina", [("work", "612 3438"), ("home", "5612 0038"), ("mobile", "5612 0039")]),
    40: ("Silent Signe", [("mobile", "+372 5601 0097")]),
    41: ("Short Siiri", [("mobile", "5612")]),
    43: ("Madonna", [("mobile", "+372 5612 0043")]),
    45: ("No-receipt Neeme", [("mobile", "+372 5601 0098")]),
    46: ("Old-landline Olev", [("mobile", "372 44 12346")]),
    48: ("Wolfeschlegelsteinhausenbergerdorff-Õunapuu Maximiliana-Alexandra", [("mobile", "(+372) 5612-0048")]),
    50: ("Twice Tarmo", [("mobile", "+372 5601 0099")]),
    52: ("مريم الحسن", [("mobile", "+372 5612 0052")]),
    54: ("Premium Priit", [("mobile", "+44 909 879 0054")]),
    58: ("Deleted Dagmar", [("mobile", "+372 5612 0058")]),
    59: ("Hidden Hannes", [("mobile", "+372 5612 0059")]),
}  # fmt: skip
DELETED, HIDDEN = 58, 59


def estonian_mobile(person_id: int) -> str:
    """Another eight digits for every id below nine million, beginning with 5, not ending in 90–99."""
    middle, end = _digits(person_id)
    return f"5{middle:05}{end:02}"


def _digits(person_id: int) -> tuple[int, int]:
    return (person_id // 90 * 61843 + 12345) % 100_000, (person_id * 37 + 11) % 90


def _landline(person_id: int) -> str:
    return f"6{(person_id * 7919 + 11) % 900_000 + 100_000}"


def _ordinary(person_id: int) -> tuple[str, Phones]:
    name = f"{FIRST[person_id * 7 % len(FIRST)]} {LAST[person_id * 5 % len(LAST)]}"
    own, (middle, end) = estonian_mobile(person_id), _digits(person_id)
    match person_id % 12:
        case 0:
            return name, [("work", f"+372 {_landline(person_id)}"), ("mobile", f"+372 {own}")]
        case 2:
            return name, [("mobile", f"{own[:4]} {own[4:]}")]
        case 4:
            return name, [("mobile", f"+44 7400 {middle % 10_000:04}{end:02}")]
        case 6:
            return name, [("work", f"+372 {own[:4]} {own[4:]}"), ("other", "")]
        case 7:
            return name, [("mobile", f"+49 151 2{middle:05}{end:02}")]
        case 9:
            return name, [("home", own)]
        case _:
            return name, [("mobile", f"+372 {own[:4]} {own[4:]}")]


def person(person_id: int) -> Record:
    """One person in the shape of `GET /api/v2/persons` (pipedrive.md §3.4)."""
    name, phones = _ODD.get(person_id) or _ordinary(person_id)
    first, _, last = name.partition(" ")
    added = EPOCH + timedelta(minutes=person_id * 17)
    return {
        "id": person_id,
        "name": name,
        "first_name": first,
        "last_name": last or None,
        "owner_id": (7, 7, 8, 7, 9)[person_id % 5],
        "org_id": None
        if person_id % 11 == 0
        else person_id * 5 % organization_count(person_id) + 1,
        "add_time": f"{added:%Y-%m-%dT%H:%M:%SZ}",
        "update_time": f"{added + timedelta(days=person_id % 97):%Y-%m-%dT%H:%M:%SZ}",
        "phones": phone_fields(phones),
        "emails": [{"value": f"person{person_id}@example.com", "primary": True, "label": "work"}],
        "is_deleted": person_id == DELETED,
        "visible_to": 3,
        "label_ids": [
            (CUSTOMER, CUSTOMER, LEAD)[person_id % 3],
            *[NEWSLETTER] * (person_id % 4 == 1),
        ],
        "picture_id": None,
        "custom_fields": {},
        "_invisible": person_id == HIDDEN,
        "_odd": person_id in _ODD,
    }


def phone_fields(phones: Phones) -> list[Record]:
    """The v2 `phones` array; the first number is the primary one."""
    return [
        {"value": value, "primary": at == 0, "label": label}
        for at, (label, value) in enumerate(phones)
    ]


def organization_count(people: int) -> int:
    """Twelve firms for the first hundred people; more for more."""
    return len(FIRMS) if people <= 100 else 400


def organization(org_id: int) -> Record:
    """One organization in the shape of `GET /api/v2/organizations`; it has no phone."""
    round_, at = divmod(org_id - 1, len(FIRMS))
    city = CITIES[org_id % len(CITIES)]
    return {
        "id": org_id,
        "name": f"{FIRMS[at]} OÜ" + (f" {round_ + 1}" if round_ else ""),
        "owner_id": 7,
        "address": {"value": f"Pikk {org_id}, {city}", "locality": city, "country": "Estonia"},
        "label_ids": [],
        "visible_to": 3,
        "is_deleted": False,
        "add_time": "2024-06-01T08:00:00Z",
        "update_time": "2024-06-01T08:00:00Z",
        "custom_fields": {},
    }


def is_in(record: Record, city: str) -> bool:
    """Whether a person's organization is in a city."""
    org_id = record["org_id"]
    return org_id is not None and CITIES[org_id % len(CITIES)] == city


def blank_person(person_id: int, name: str) -> Record:
    """A person with nothing but a name, visible to everyone."""
    first, _, last = name.partition(" ")
    own = {"id": person_id, "name": name, "first_name": first, "last_name": last or None}
    plain: Record = {"owner_id": 7, "org_id": None, "phones": [], "emails": [], "label_ids": []}
    return {**person(61), **own, **plain}


FILTERS: tuple[tuple[int, str, Callable[[Record], bool]], ...] = (
    (11, "Customers in Tallinn", lambda p: CUSTOMER in p["label_ids"] and is_in(p, "Tallinn")),
    (12, "Leads in Tartu", lambda p: LEAD in p["label_ids"] and is_in(p, "Tartu")),
    (13, "Said yes to news", lambda p: NEWSLETTER in p["label_ids"]),
    (14, "Unusual phone fields", lambda p: bool(p.get("_odd"))),
    (15, "Nobody at all", lambda p: False),
)
