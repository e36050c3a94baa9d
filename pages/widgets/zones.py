"""The timezones on offer."""

from functools import cache
from zoneinfo import available_timezones

_AREAS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def all_zones() -> tuple[str, ...]:
    """Return UTC and every place of the timezone database, by name."""
    places = sorted(name for name in available_timezones() if name.split("/", 1)[0] in _AREAS)
    return ("UTC", *places)


def zone_options(present: str) -> list[str]:
    """Return the timezones to choose from, `present` among them."""
    zones = all_zones()
    return list(zones) if present in zones else [present, *zones]
