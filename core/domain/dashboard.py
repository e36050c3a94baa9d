"""Dashboards: tiles on a grid of twelve columns and filters that tiles share. The JSON form is in `dashboard_json`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from core.domain.definition import Parameter, ParameterType
from core.domain.field import FieldType
from core.domain.filter import DateWindow, Scalar
from core.domain.library import Level, Visibility

#: Columns of the grid.
COLUMNS = 12


class TileHeight(StrEnum):
    """How much room a tile has from top to bottom; one row of the grid is as high as its highest tile."""

    SHORT = "short"  #: a few numbers
    MEDIUM = "medium"  #: a chart
    TALL = "tall"  #: a long table


class TileSize(StrEnum):
    """The widths that people pick from; any width from 1 to 12 columns may be given."""

    SMALL = "small"
    MEDIUM = "medium"
    WIDE = "wide"
    FULL = "full"

    @property
    def width(self) -> int:
        """In columns."""
        return {TileSize.SMALL: 3, TileSize.MEDIUM: 6, TileSize.WIDE: 8, TileSize.FULL: COLUMNS}[self]


class Show(StrEnum):
    """What a tile shows of its report."""

    TABLE = "table"
    CHART = "chart"
    KPI = "kpi"  #: all its headline numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTile:
    """A saved report, at its newest version."""

    kind: ClassVar[str] = "report"

    id: str  #: its own within the dashboard; filters refer to it
    report_id: UUID
    show: Show = Show.TABLE
    title: str | None = None  #: None: the report's name
    row: int  #: of the grid, from 0
    column: int  #: of the grid, from 0
    width: int  #: in columns
    height: TileHeight = TileHeight.MEDIUM


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiTile:
    """One headline number of a saved report."""

    kind: ClassVar[str] = "kpi"

    id: str
    report_id: UUID
    measure: str  #: key of the headline number
    title: str | None = None  #: None: the number's label
    row: int
    column: int
    width: int
    height: TileHeight = TileHeight.SHORT


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTile:
    """Words between the figures, in the few marks of `core.domain.rich_text`."""

    kind: ClassVar[str] = "text"

    id: str
    text: str
    title: str | None = None
    row: int
    column: int
    width: int
    height: TileHeight = TileHeight.SHORT


Tile = ReportTile | KpiTile | TextTile
DataTile = ReportTile | KpiTile


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a shared filter means to one tile: a field of its report's dataset, or a parameter of its report."""

    tile: str
    field: str | None = None
    parameter: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFilter:
    """A filter above the tiles; tiles without a target are not filtered by it, and say so."""

    name: str
    label: str
    type: ParameterType = ParameterType.VALUES
    value_type: FieldType | None = None  #: VALUES only
    is_list: bool = False  #: takes several values
    default: tuple[Scalar, ...] = ()
    default_window: DateWindow | None = None
    targets: tuple[Target, ...] = ()

    @property
    def parameter(self) -> Parameter:
        """The same as a parameter, so that values are read and written as those of reports are."""
        return Parameter(
            name=self.name,
            label=self.label,
            type=self.type,
            value_type=self.value_type,
            is_list=self.is_list,
            default=self.default,
            default_window=self.default_window,
        )

    def target(self, tile_id: str) -> Target | None:
        """What it means to a tile; None: nothing."""
        return next((target for target in self.targets if target.tile == tile_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardContent:
    """What a dashboard shows: one version of it."""

    tiles: tuple[Tile, ...] = ()
    filters: tuple[SharedFilter, ...] = ()
    refresh_s: int | None = None  #: it is asked again by itself; None: when somebody looks
    timezone: str = "UTC"  #: of the times that it says itself

    @property
    def rows(self) -> "tuple[tuple[Tile, ...], ...]":
        """The tiles as they are read: row by row, each from left to right."""
        found: dict[int, list[Tile]] = {}
        for tile in sorted(self.tiles, key=lambda tile: (tile.row, tile.column)):
            found.setdefault(tile.row, []).append(tile)
        return tuple(tuple(row) for row in found.values())

    @property
    def in_order(self) -> tuple[Tile, ...]:
        """The tiles in the order in which they are read."""
        return tuple(tile for row in self.rows for tile in row)

    @property
    def report_ids(self) -> frozenset[UUID]:
        """Every report that it shows."""
        return frozenset(tile.report_id for tile in self.tiles if not isinstance(tile, TextTile))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its filters as parameters."""
        return tuple(shared.parameter for shared in self.filters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A saved dashboard at one version (the newest, unless asked for another)."""

    id: UUID
    organization_id: UUID
    owner_id: UUID
    owner_name: str
    name: str
    description: str
    version: int
    content: DashboardContent
    content_sha256: str
    created_at: datetime
    updated_at: datetime
    visibility: Visibility = Visibility.ORGANIZATION
    everyone: Level = Level.EDIT  #: what everybody may do where everybody sees it
    granted: Level | None = None  #: the most that it is shared with the person who asks for


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardVersion:
    """One entry of a dashboard's history."""

    version: int
    saved_by: str
    saved_at: datetime
    content: DashboardContent
