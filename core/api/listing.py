"""Lists that are read whole: searched, sorted and cut into pages in one way, whatever they are lists of."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from core.api.inputs import Json, PageLimit, PageNumber, Search, Text
from core.errors import InvalidInput


class ListIn(BaseModel):
    """What of a list, in which order."""

    search: Search = Field("", description="Only those with this in one of their texts.")
    sort: Annotated[Text, Field(max_length=60)] | None = Field(
        None, description="A name of the items, such as `name`; `-name` turns it round."
    )
    page: PageNumber = 1
    limit: PageLimit | None = Field(None, description="Without it, all of them on one page.")


#: Annotate a route's argument with this to hand it to `listed`.
Listing = Annotated[ListIn, Query()]


def listed(items: list[Json], asked: ListIn) -> Json:
    """Return the JSON of the page that was asked for; raises InvalidInput for an order that is none."""
    found = _sorted([item for item in items if _has(item, asked.search)], asked.sort)
    limit = asked.limit or max(len(found), 1)
    begin = (asked.page - 1) * limit
    return {"items": found[begin : begin + limit], "total": len(found), "page": asked.page, "limit": limit}


def _has(item: Json, search: str) -> bool:
    wanted = search.strip().casefold()
    return not wanted or any(wanted in value.casefold() for value in item.values() if isinstance(value, str))


def _sorted(items: list[Json], sort: str | None) -> list[Json]:
    if sort is None or not items:
        return items
    name, plain = sort.removeprefix("-"), [key for key, value in items[0].items() if not isinstance(value, dict | list)]
    if name not in plain:
        raise InvalidInput(f"Sort by one of {', '.join(plain)}.", place="sort")
    there = [item for item in items if item[name] is not None]
    ordered = sorted(there, key=lambda item: _rank(item[name]), reverse=sort.startswith("-"))
    return ordered + [item for item in items if item[name] is None]


def _rank(value: object) -> tuple[bool, float, str]:
    """Numbers before texts, texts without regard to case."""
    if isinstance(value, int | float):
        return False, float(value), ""
    return True, 0.0, str(value).casefold()
