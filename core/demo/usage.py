"""Product usage: ninety days of events of companies that work with a software product."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from core.demo.columns import decimals, digits, flags, instants, integers, joined, texts
from core.demo.days import Rhythm, days_up_to, rows_of_days, seconds_of_day
from core.demo.people import company_names, country_column
from core.demo.randomness import Bools, Draws, Ints
from core.demo.vocabulary import COUNTRIES

USAGE_DAYS = 90
_PLANS = ("free", "team", "business", "enterprise")
_PLATFORMS = ("Web", "Desktop", "iOS", "Android", "API")
_PLATFORM_WEIGHTS = (61, 16, 8, 9, 6)
#: Every so many days something breaks for an afternoon.
_INCIDENT_EVERY_D = 61
_INCIDENT_HOURS_UTC = (13, 18)
_HOURS = (1, 1, 1, 1, 1, 2, 4, 9, 18, 27, 30, 28, 20, 22, 28, 29, 26, 20, 11, 7, 5, 4, 3, 2)
_RHYTHM = Rhythm(
    base=7_500.0,
    growth=0.12,
    weekday=(1.16, 1.25, 1.26, 1.22, 1.08, 0.42, 0.36),
    month=(1.0, 1.02, 1.04, 1.02, 1.0, 0.98, 0.94, 0.92, 1.02, 1.07, 1.08, 0.94),
    noise=0.06,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feature:
    """A part of the software; `credits` are thousandths an event, 0 for what is free of charge."""

    name: str
    weight: float
    duration_ms: float
    credits: int
    events: tuple[str, ...]
    breaks: bool = False  #: whether incidents touch it


_FEATURES = (
    _Feature(name="Dashboards", weight=24, duration_ms=420, credits=0, events=("viewed", "filtered", "edited")),
    _Feature(name="Report builder", weight=19, duration_ms=650, credits=20, events=("previewed", "saved", "opened")),
    _Feature(name="Search", weight=14, duration_ms=140, credits=0, events=("searched", "opened")),
    _Feature(
        name="CSV export", weight=9, duration_ms=1_900, credits=250, events=("exported", "downloaded"), breaks=True
    ),
    _Feature(name="Charts", weight=8, duration_ms=520, credits=10, events=("drawn", "edited")),
    _Feature(name="Alerts", weight=6, duration_ms=90, credits=5, events=("raised", "acknowledged")),
    _Feature(
        name="Excel export", weight=5, duration_ms=3_400, credits=400, events=("exported", "downloaded"), breaks=True
    ),
    _Feature(
        name="Scheduled delivery", weight=4.5, duration_ms=5_200, credits=500, events=("sent", "created"), breaks=True
    ),
    _Feature(name="Comments", weight=3.5, duration_ms=110, credits=0, events=("written", "resolved")),
    _Feature(
        name="PDF export", weight=2.8, duration_ms=4_600, credits=600, events=("exported", "downloaded"), breaks=True
    ),
    _Feature(
        name="Data import", weight=1.9, duration_ms=8_800, credits=900, events=("imported", "mapped"), breaks=True
    ),
    _Feature(name="Sharing", weight=1.4, duration_ms=160, credits=0, events=("shared", "opened")),
    _Feature(name="Forecast", weight=0.6, duration_ms=12_500, credits=2_500, events=("computed",), breaks=True),
    _Feature(name="SSO", weight=0.3, duration_ms=320, credits=0, events=("signed in", "configured")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Accounts:
    """The companies that use the software, a function of the seed only."""

    names: list[str]
    countries: Ints  #: positions in COUNTRIES
    plans: Ints  #: positions in _PLANS
    seats: Ints


def build_usage_events(today: date, *, seed: int) -> pa.Table:
    """The events of the ninety days that end with `today`, oldest first."""
    days = days_up_to(today, count=USAGE_DAYS)
    day, row = rows_of_days(days, _RHYTHM.counts(days, seed=seed, table="usage_events"))
    draws = Draws(seed=seed, table="usage_events", days=day, rows=row)
    accounts = _build_accounts(seed=seed)
    who = draws.choice("account", accounts.seats)
    user = _users(draws, accounts, who)
    countries = accounts.countries[who]
    offsets = np.array([country.utc_offset_h for country in COUNTRIES])[countries]
    seconds = seconds_of_day(draws, _HOURS, utc_offset_h=offsets)
    feature = draws.choice("feature", [feature.weight for feature in _FEATURES])
    is_error = _errors(draws, day, seconds, feature, seed=seed)
    table = pa.table(
        {
            "occurred_at": instants((day * 86_400 + seconds) * 1_000_000 + draws.below("ms", 1_000) * 1_000),
            "account_name": texts(accounts.names, who),
            "plan": texts(_PLANS, accounts.plans[who]),
            "user_id": texts(_user_ids(accounts), user),
            "feature": texts([feature.name for feature in _FEATURES], feature),
            "event_name": texts(*draws.nested("event", [feature.events for feature in _FEATURES], feature, skew=1.5)),
            "platform": texts(_PLATFORMS, draws.choice("platform", _PLATFORM_WEIGHTS)),
            "country": country_column(countries),
            **_effort(draws, feature, is_error),
        }
    )
    order = np.argsort(day * 86_400 + seconds, kind="stable")
    happens = ~_away(day, who, user, accounts, seed=seed)[order]
    event_ids = (day * 100_000 + row)[happens]  # rising with time: days keep their places under `order`
    return table.take(pa.array(order[happens])).add_column(0, "event_id", pa.array(event_ids))


def _build_accounts(*, seed: int) -> _Accounts:
    """One account for each company there is; larger companies are on larger plans."""
    companies = company_names()
    names = [name for of_country in companies for name in of_country]
    numbers = np.arange(len(names), dtype=np.int64)
    draws = Draws(seed=seed, table="accounts", days=np.zeros_like(numbers), rows=numbers)
    seats = np.clip(np.rint(draws.around("seats", 6.0, 1.0)), 2, 120).astype(np.int64)
    plans = np.clip(np.searchsorted([4, 13, 32], seats) - draws.chance("thrifty", 0.2), 0, 3).astype(np.int64)
    countries = np.repeat(np.arange(len(companies)), [len(of_country) for of_country in companies])
    return _Accounts(names=names, countries=countries, plans=plans, seats=seats)


def _users(draws: Draws, accounts: _Accounts, who: Ints) -> Ints:
    """A person of the account, numbered through all accounts; some are far busier than others."""
    first = np.cumsum(accounts.seats) - accounts.seats
    return np.asarray(first[who] + (draws.uniform("user") ** 1.8 * accounts.seats[who]).astype(np.int64))


def _user_ids(accounts: _Accounts) -> pa.Array:
    """As in u-10482: one for each seat."""
    return joined("u-", digits(np.arange(10_001, 10_001 + int(accounts.seats.sum()))))


def _away(day: Ints, who: Ints, user: Ints, accounts: _Accounts, *, seed: int) -> Bools:
    """Events that do not happen: every week some people are away, and now and then a whole small company."""
    week = (day + 3) // 7
    company = Draws(seed=seed, table="accounts.week", days=week, rows=who)
    person = Draws(seed=seed, table="users.week", days=week, rows=user)
    closed = company.chance("away", 0.25 / np.sqrt(accounts.seats.astype(np.float64))[who])
    return np.asarray(closed | person.chance("away", 0.16))


def _errors(draws: Draws, day: Ints, seconds: Ints, feature: Ints, *, seed: int) -> Bools:
    """Nearly one event in a hundred fails; on an incident's afternoon every third one of the parts it touches."""
    hour = seconds // 3600
    starts, ends = _INCIDENT_HOURS_UTC
    is_incident = (day + seed) % _INCIDENT_EVERY_D == 0
    touched = is_incident & (hour >= starts) & (hour < ends) & np.array([part.breaks for part in _FEATURES])[feature]
    return draws.chance("error", np.where(touched, 0.34, 0.008))


def _effort(draws: Draws, feature: Ints, is_error: Bools) -> dict[str, pa.Array]:
    """How long an event took, whether it failed, and what it cost; failures cost nothing."""
    duration = draws.around("duration", np.array([part.duration_ms for part in _FEATURES])[feature], 0.5)
    price = np.array([part.credits for part in _FEATURES])[feature]
    spent = np.where(is_error, 0, np.rint(price * (0.5 + draws.uniform("size"))).astype(np.int64))
    return {
        "duration_ms": integers(np.rint(duration).astype(np.int64), empty=draws.chance("untimed", 0.06)),
        "is_error": flags(is_error),
        "credits": decimals(spent, precision=10, scale=3),
    }
