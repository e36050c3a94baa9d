"""Which timezones there are for reports and schedules alike."""

from difflib import get_close_matches
from functools import cache
from zoneinfo import available_timezones


@cache
def known_timezones() -> frozenset[str]:
    """Return the names of the zone database: not the machine's own ("localtime") nor the placeholder ("Factory").

    `ZoneInfo` itself would also take files such as `right/...`, whose days are longer by leap seconds.
    """
    return frozenset(available_timezones()) - {"localtime", "Factory", "posixrules"}


def timezone_problem(name: str) -> str | None:
    """Return what is wrong with a timezone's name and the mend, in words; None where it is one."""
    if name in known_timezones():
        return None
    by_lower = {zone.lower(): zone for zone in known_timezones()}
    close = get_close_matches(name.lower().replace(" ", "_"), by_lower, n=1, cutoff=0.6)
    mend = f" Did you mean {by_lower[close[0]]}?" if close else " Use a name such as Europe/Berlin."
    return f'There is no timezone "{name[:60]}".{mend}'
