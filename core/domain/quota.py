"""Limits of what an organization may use: which there are, what they are where nobody set them, how they are said."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.errors import InvalidInput, TooManyRequests

_MOST = 10**15


class Quota(StrEnum):
    """A limit that the installation's administrators set for an organization."""

    SCHEDULES = "schedules"  #: schedules of the organization, paused ones included
    SCHEDULES_PER_PERSON = "schedules_per_person"  #: schedules that one person owns
    STARTS_PER_MINUTE = "starts_per_minute"  #: runs that people start by hand: sent now, tests, downloads
    RUNS_AT_ONCE = "runs_at_once"  #: runs under way; others wait in line
    ROWS_PER_RUN = "rows_per_run"  #: rows that one run may bring
    BYTES_PER_RUN = "bytes_per_run"  #: size of the files of one run
    STORAGE_BYTES = "storage_bytes"  #: size of all kept files
    REQUESTS_PER_MINUTE = "requests_per_minute"  #: requests of one person to the API


#: Quota -> (what it is called, its unit).
LABELS: dict[Quota, tuple[str, str]] = {
    Quota.SCHEDULES: ("Schedules", "schedules"),
    Quota.SCHEDULES_PER_PERSON: ("Schedules of one person", "schedules"),
    Quota.STARTS_PER_MINUTE: ("Reports started by hand in a minute", "reports"),
    Quota.RUNS_AT_ONCE: ("Runs at the same time", "runs"),
    Quota.ROWS_PER_RUN: ("Rows of one run", "rows"),
    Quota.BYTES_PER_RUN: ("Files of one run", "bytes"),
    Quota.STORAGE_BYTES: ("Kept files", "bytes"),
    Quota.REQUESTS_PER_MINUTE: ("Requests of one person in a minute", "requests"),
}
#: What holds unless the setting QUOTAS says otherwise; None: no limit.
DEFAULTS: dict[Quota, int | None] = {
    Quota.SCHEDULES: None,
    Quota.SCHEDULES_PER_PERSON: None,
    Quota.STARTS_PER_MINUTE: 300,
    Quota.RUNS_AT_ONCE: None,
    Quota.ROWS_PER_RUN: None,
    Quota.BYTES_PER_RUN: None,
    Quota.STORAGE_BYTES: None,
    Quota.REQUESTS_PER_MINUTE: 600,
}
#: Those that RATE_LIMITS switches off.
RATES = (Quota.STARTS_PER_MINUTE, Quota.REQUESTS_PER_MINUTE)
#: Fewer is no limit that anybody means; so runs that bring no more need not ask. Where nothing is said it is 1.
LEAST: dict[Quota, int] = {Quota.ROWS_PER_RUN: 500}
Limits = Mapping[Quota, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUse:
    """A limit and how much of it is used now."""

    quota: Quota
    limit: int | None  #: None: there is none
    used: int | None  #: None where nothing adds up: what one run may bring
    is_own: bool  #: set for this organization; otherwise it is the installation's

    @property
    def label(self) -> str:
        """What it is called."""
        return LABELS[self.quota][0]

    @property
    def unit(self) -> str:
        """What is counted."""
        return LABELS[self.quota][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many requests one person may yet make."""

    most: int  #: in a minute
    left: int
    resets_in_s: int


class RateReached(TooManyRequests):
    """As many requests were made in this minute as one person may make."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        super().__init__(
            f"{rate.most:,} requests were made in this minute, as many as one person may make. "
            f"Try again in {rate.resets_in_s} s.",
            retry_after_s=rate.resets_in_s,
        )


def read_defaults(text: str, *, rates: bool) -> dict[Quota, int | None]:
    """Return the installation's limits: `DEFAULTS` with those of a text such as "schedules=500, runs_at_once=4".

    `rates`: whether there are any for a minute. Raises InvalidInput for what is no such text.
    """
    limits = dict(DEFAULTS)
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        if name.strip() not in set(Quota):
            raise InvalidInput(f"QUOTAS: there is no limit called {name.strip()}. There are {', '.join(Quota)}.")
        number = None if value.strip() == "none" else int(value) if value.strip().isdecimal() else -1
        limits[Quota(name.strip())] = check_limit(Quota(name.strip()), number)
    if not rates:
        limits |= dict.fromkeys(RATES)
    return limits


def check_limit(quota: Quota, value: int | None) -> int | None:
    """Return a limit that can be one; raises InvalidInput with the place."""
    least = LEAST.get(quota, 1)
    if value is not None and not least <= value <= _MOST:
        raise InvalidInput(f"{LABELS[quota][0]}: give a whole number from {least:,} on, or none.", place=str(quota))
    return value
