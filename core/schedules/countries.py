"""The calendars of countries and their parts, from the `holidays` package; one year at a time, each computed once."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from functools import cache, lru_cache

from core.domain.calendar import Region

_ENGLISH = "en_US"
_SMALL_WORDS = ("and", "of", "the")
#: Where the package's own spelling reads badly.
_SPELLED = {"CD": "DR Congo", "HK": "Hong Kong"}
#: Years of calendars held; a year is some 120 days and a dozen names.
_MOST_YEARS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class _Year:
    """The days of one year on which nobody works, with the names of the holidays among them."""

    closed: frozenset[date]
    names: Mapping[date, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryCalendar:
    """The public holidays and the weekend of a country or a part of one: code "US", "US-CA"."""

    code: str

    def is_business(self, day: date) -> bool:
        """Whether people work on `day`; weekends are those of the country in that year."""
        return day not in _year(self.code, day.year).closed

    def name_of(self, day: date) -> str | None:
        """The holiday's name in English, or in the country's language where the package has no English one."""
        return _year(self.code, day.year).names.get(day)


def region_problem(code: str) -> str | None:
    """Return what is wrong with a calendar's code and the mend, in words; None where there is such a calendar."""
    country, _, part = code.partition("-")
    parts = _supported().get(country)
    if parts is None:
        close = country.upper()[:2]
        mend = f" Did you mean {close}?" if close in _supported() else " Use a country's two letters, such as US."
        return f'There is no calendar "{code[:60]}".{mend}'
    if part and part not in parts:
        close_parts = get_close_matches(part.upper(), parts, n=1, cutoff=0.5) or sorted(parts)[:1]
        mend = f" Did you mean {country}-{close_parts[0]}?" if close_parts else ""
        return f'{country} has no part "{part[:60]}" with a calendar of its own.{mend}'
    return None


@cache
def region_name(code: str) -> str:
    """What people call a region: "United States", "California, United States"."""
    country, _, part = code.partition("-")
    if not part:
        return _country_names().get(country, country)
    return f"{_part_names(country).get(part, part)}, {region_name(country)}"


@cache
def regions() -> tuple[Region, ...]:
    """Every country by name, with its parts."""
    found = (
        Region(
            code=code,
            name=region_name(code),
            parts=tuple(
                sorted(
                    (Region(code=f"{code}-{part}", name=_part_names(code).get(part, part)) for part in parts),
                    key=lambda region: region.name,
                )
            ),
        )
        for code, parts in _supported().items()
    )
    return tuple(sorted(found, key=lambda region: region.name))


@lru_cache(maxsize=_MOST_YEARS)
def _year(code: str, year: int) -> _Year:
    """One year, observed days included; the package's own object is slower to ask, and changed by asking."""
    import holidays  # half a second: only those who use a country's calendar pay for it

    country, _, part = code.partition("-")
    probe = holidays.country_holidays(country)
    language = _ENGLISH if _ENGLISH in probe.supported_languages else None
    with warnings.catch_warnings():
        # India's moving holidays are known to 2035: later years hold those of fixed dates, as the documentation says.
        warnings.filterwarnings("ignore", message="Requested Holidays are available only", category=UserWarning)
        found = holidays.country_holidays(country, subdiv=part or None, years=year, language=language)
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1))
    return _Year(
        closed=frozenset(day for day in days if not found.is_working_day(day)),
        names={day: name for day, name in found.items() if day.year == year},
    )


@cache
def _supported() -> dict[str, tuple[str, ...]]:
    """The parts of each country, by its code."""
    import holidays

    return {code: tuple(parts) for code, parts in holidays.list_supported_countries(include_aliases=False).items()}


@cache
def _country_names() -> dict[str, str]:
    """Names of countries, which the package keeps as the names of its modules: "united_states"."""
    from holidays.registry import COUNTRIES

    def in_words(module: str) -> str:
        words = module.split("_")
        return " ".join(word if word in _SMALL_WORDS and at else word.capitalize() for at, word in enumerate(words))

    return {codes[1]: in_words(module) for module, codes in COUNTRIES.items()} | _SPELLED


def _part_names(country: str) -> dict[str, str]:
    """Names of a country's parts by their codes; parts without one are left out."""
    import holidays

    aliases = holidays.country_holidays(country).subdivisions_aliases
    names: dict[str, str] = {}
    for name, part in aliases.items():
        names.setdefault(part, name)
    return names
