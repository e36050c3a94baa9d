"""A page of a longer list."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """`items` is page `page` (from 1) of `total` things, `limit` to a page."""

    items: tuple[Item, ...]
    total: int
    page: int
    limit: int
