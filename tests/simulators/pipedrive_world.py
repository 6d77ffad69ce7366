"""The simulated Pipedrive's whole state: companies, people, grants, budgets and faults to inject."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulators import pipedrive_people as make
from tests.simulators.pipedrive_deals import FILTERS, activity, deal
from tests.simulators.pipedrive_grants import Grants
from tests.simulators.pipedrive_link import action_url, link_token
from tests.simulators.pipedrive_records import Record, Records


@dataclass
class Call:
    """One request to the API or to OAuth, in the order of arrival."""

    method: str
    path: str
    query: dict[str, str]
    cost: int = 0
    status: int = 0
    who: tuple[int, int] | None = None


@dataclass
class Filter:
    """A saved filter of the web app."""

    filter_id: int
    name: str
    where: Callable[[Record], bool]
    type: str = "people"
    user_id: int = 7
    private: bool = False


@dataclass
class Company:
    """One Pipedrive account."""

    company_id: int
    name: str
    domain: str
    people: Records
    country: str = "EE"
    timezone: str = "Europe/Tallinn"
    filters: dict[int, Filter] = field(default_factory=dict)
    organizations: Records = field(default_factory=lambda: Records(400, make.organization))
    deals: Records = field(default_factory=lambda: Records(0, lambda _: None))
    activities: Records = field(default_factory=lambda: Records(0, lambda _: None))


@dataclass
class Fault:
    """An answer given instead of the real one; status 0 drops the connection."""

    path_prefix: str
    status: int
    times: int
    headers: Mapping[str, str]
    body: Any


class World(Grants):
    """Tests read and change anything here, also while requests are served."""

    def __init__(
        self, *, app_url: str, client_id: str, client_secret: str, jwt_secret: str, people: int,
        company_id: int, user_id: int, self_url: str | None,
    ) -> None:  # fmt: skip
        self.app_url, self.jwt_secret = app_url.rstrip("/"), jwt_secret
        super().__init__(
            client_id=client_id,
            client_secret=client_secret,
            callback=f"{self.app_url}/oauth/callback",
            self_url=self_url,
            default=(company_id, user_id),
        )
        self.companies: dict[int, Company] = {}
        self.users: dict[tuple[int, int], Record] = {}
        self.add_company(company_id, "Demo OÜ", domain="demo", people=people)
        self.add_user(company_id, user_id, "Mari Maasikas")
        self.add_user(company_id, 8, "Andres Admin", admin=True)
        self.add_user(company_id, 9, "Ott Ohakas")
        self.calls: list[Call] = []
        self.tokens_used = 0
        self.under_way = 0  # calls that are not answered yet, also those that nobody waits for
        self.daily_limit = self.budget = 1_500_000
        self.burst_limit = 400
        self.recent: dict[str, deque[float]] = {}
        self.faults: list[Fault] = []
        self.delays: dict[str, float] = {}
        self.empty_pages = 0  # so many list answers are empty although more follows

    # ------------------------------------------------------------ people and companies

    @property
    def company(self) -> Company:
        """The company that `create_pipedrive` was given."""
        return self.companies[self.company_id]

    @property
    def people(self) -> Records:
        """The people of that company."""
        return self.company.people

    def add_company(
        self, company_id: int, name: str, *, domain: str = "", people: int = 0
    ) -> Company:
        """A company with generated people and the usual saved filters."""
        company = Company(
            company_id, name, domain or f"company{company_id}", Records(people, make.person)
        )
        company.organizations = Records(make.organization_count(people), make.organization)
        company.deals = Records(people * 5 // 12, deal)
        company.activities = Records(people // 2, activity)
        self.companies[company_id] = company
        for filter_id, name_, where in make.FILTERS:
            company.filters[filter_id] = Filter(filter_id, name_, where)
        for filter_id, name_, type_, where in FILTERS:
            company.filters[filter_id] = Filter(filter_id, name_, where, type=type_)
        return company

    def add_user(self, company_id: int, user_id: int, name: str, *, admin: bool = False) -> Record:
        """A user of a company, who has not installed the app yet."""
        user = {"id": user_id, "name": name, "admin": admin, "email": f"user{user_id}@example.com"}
        self.users[company_id, user_id] = user
        return user

    def add_person(self, *, company_id: int | None = None, **fields: Any) -> Record:
        """A new person; `phone="…"` or `phones=["…", …]` or `phones=[{…}]`, everything else as in v2."""
        people = self.companies[company_id or self.company_id].people
        person_id = fields.pop("id", None) or max(people.ids(), default=0) + 1
        record = make.blank_person(person_id, fields.get("name", f"Person {person_id}"))
        phones = [fields.pop("phone")] if "phone" in fields else fields.pop("phones", [])
        if phones and isinstance(phones[0], str):
            phones = make.phone_fields([("mobile", value) for value in phones])
        people[person_id] = {**record, "phones": phones, **fields}
        return people[person_id]

    def add_filter(
        self, name: str, where: Callable[[Record], bool], *, company_id: int | None = None,
        type: str = "people", private: bool = False, user_id: int = 7,
    ) -> int:  # fmt: skip
        """A saved filter of people or of other records; its id."""
        filters = self.companies[company_id or self.company_id].filters
        filter_id = max(filters) + 1
        filters[filter_id] = Filter(filter_id, name, where, type, user_id, private)
        return filter_id

    # ------------------------------------------------------------ faults

    def fail_next(
        self, path_prefix: str, status: int, *, times: int = 1,
        headers: Mapping[str, str] | None = None, body: Any = None,
    ) -> None:  # fmt: skip
        """The next requests there get this answer; status 0 drops the connection."""
        self.faults.append(Fault(path_prefix, status, times, headers or {}, body))

    def delay(self, path_prefix: str, seconds: float) -> None:
        """Every request there waits so long; 0 ends it."""
        self.delays[path_prefix] = seconds

    def calls_to(self, path_prefix: str) -> list[Call]:
        """The recorded requests whose path begins so."""
        return [call for call in list(self.calls) if call.path.startswith(path_prefix)]

    # ------------------------------------------------------------ the link action

    def link_url(
        self, selected_ids: Iterable[int | str] = (), *, excluded: Iterable[int | str] = (),
        filter: Mapping[str, Any] | str | None = None, view: str = "list", token: object = True,
        action: str = "sms", resource: str = "person", company_id: int | None = None,
        user_id: int | None = None,
    ) -> str:  # fmt: skip
        """Where a click on the link action leads; for `token` see `link_token`."""
        company_id, user_id = company_id or self.company_id, user_id or self.user_id
        now = int(self.now())
        return action_url(
            f"{self.app_url}/actions/{action}",
            resource=resource,
            view="details" if view == "detail" else view,
            user_id=user_id,
            company_id=company_id,
            selected_ids=selected_ids,
            excluded=excluded,
            filter={"everyone": 1} if filter is None else filter,
            token=link_token(
                kind=token, secret=self.jwt_secret, user_id=user_id, company_id=company_id, now=now
            ),
        )
