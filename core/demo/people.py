"""Customers: people and companies of many countries, the same for every history that reaches back to the first day."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.demo.columns import dates, digits, flags, integers, joined, texts
from core.demo.days import FIRST_DAY, Rhythm, day_number, days_up_to, rows_of_days
from core.demo.randomness import Draws, Ints
from core.demo.vocabulary import AWKWARD_COMPANIES, COUNTRIES

SEGMENTS = ("Consumer", "Small business", "Enterprise", "Public sector")
_SEGMENT_WEIGHTS = (62, 25, 9, 4)

_RHYTHM = Rhythm(
    base=5.2,
    growth=0.05,
    weekday=(1.1, 1.1, 1.05, 1.05, 1.0, 0.9, 0.8),
    month=(1.0, 1.05, 1.05, 1.0, 0.95, 0.9, 0.85, 0.8, 1.0, 1.05, 1.2, 1.25),
    noise=0.5,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customers:
    """The customers table with what other tables copy from it, row by row in the order of `customer_id`."""

    table: pa.Table
    names: pa.Array
    countries: Ints  #: positions in COUNTRIES
    segments: Ints  #: positions in SEGMENTS
    known_by: Ints  #: for each day from FIRST_DAY on, how many customers there were in the evening

    def known_on(self, days: Ints) -> Ints:
        """How many customers there were at the end of each of `days`."""
        return np.asarray(self.known_by[days - day_number(FIRST_DAY)])


def company_names() -> list[list[str]]:
    """The company names of each country in COUNTRIES."""
    return [[form.format(stem) for stem in country.stems for form in country.forms] for country in COUNTRIES]


def countries_of(draws: Draws) -> Ints:
    """A country for each row, large ones more often."""
    return draws.choice("country", [country.weight for country in COUNTRIES])


def country_column(positions: Ints) -> pa.Array:
    """Country names."""
    return texts([country.name for country in COUNTRIES], positions)


def build_customers(today: date, *, seed: int) -> Customers:
    """Everybody who became a customer from FIRST_DAY to `today`."""
    days = days_up_to(today, count=day_number(today) - day_number(FIRST_DAY) + 1)
    counts = _RHYTHM.counts(days, seed=seed, table="customers")
    day, row = rows_of_days(days, counts)
    draws = Draws(seed=seed, table="customers", days=day, rows=row)
    countries, segments = countries_of(draws), draws.choice("segment", _SEGMENT_WEIGHTS)
    ids = np.arange(1, len(day) + 1)
    names, emails = _names_and_emails(draws, countries, ids)
    table = pa.table(
        {
            "customer_id": integers(ids),
            "name": names,
            "company": _companies(draws, countries, segments),
            "email": emails,
            "country": country_column(countries),
            "city": texts(*draws.nested("city", [country.cities for country in COUNTRIES], countries, skew=1.6)),
            "segment": texts(SEGMENTS, segments),
            "created_on": dates(day),
            "marketing_consent": flags(draws.chance("consent", 0.63), empty=draws.chance("unasked", 0.12)),
        }
    )
    return Customers(table=table, names=names, countries=countries, segments=segments, known_by=np.cumsum(counts))


def _names_and_emails(draws: Draws, countries: Ints, ids: Ints) -> tuple[pa.Array, pa.Array]:
    """Names in the order and script of the country, and addresses in Latin letters."""
    given, latin_given = _name_parts(draws, "given", [country.given for country in COUNTRIES], countries)
    family, latin_family = _name_parts(draws, "family", [country.family for country in COUNTRIES], countries)
    family_first = pa.array(np.array([country.family_first for country in COUNTRIES])[countries])
    names = joined(
        pc.if_else(family_first, family, given),
        texts([country.separator for country in COUNTRIES], countries),
        pc.if_else(family_first, given, family),
    )
    return names, joined(latin_given, ".", latin_family, digits(ids), "@example.com")


def _name_parts(draws: Draws, column: str, lists: list[str], countries: Ints) -> tuple[pa.Array, pa.Array]:
    """Given or family names as they are written at home, and in Latin letters."""
    words, positions = draws.nested(column, [names.split() for names in lists], countries)
    pairs = [word.partition(":") for word in words]
    native = pa.array([name for name, _, _ in pairs])
    latin = pa.array([(spelled or name.replace("'", "")).lower() for name, _, spelled in pairs])
    return native.take(pa.array(positions)), latin.take(pa.array(positions))


def _companies(draws: Draws, countries: Ints, segments: Ints) -> pa.Array:
    """A company of the same country for nearly everybody but consumers, now and then an awkward one."""
    names, positions = draws.nested("company", company_names(), countries)
    awkward = len(names) + draws.below("awkward company", len(AWKWARD_COMPANIES))
    positions = np.where(draws.chance("awkward", 0.02), awkward, positions)
    empty = np.where(segments == 0, draws.chance("private", 0.95), draws.chance("unnamed", 0.04))
    return texts([*names, *AWKWARD_COMPANIES], positions, empty=empty)
