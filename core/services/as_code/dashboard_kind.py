"""Dashboards as files: their content as the API has it, with the reports of tiles by name."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from core.domain.dashboard import Dashboard, DashboardContent
from core.domain.dashboard_json import parse_content
from core.domain.dashboard_models import DashboardModel
from core.domain.definition_json import KEPT_KEYS
from core.domain.json_form import dump_value
from core.domain.json_values import Name, Words
from core.errors import InvalidInput
from core.services.as_code.desk import PAGE, Desk, Json, every, shortened
from core.services.as_code.kind import (
    DASHBOARDS,
    NOUNS,
    REPORTS,
    FileModel,
    Mistake,
    Plain,
    Reference,
    model_mistakes,
    refused,
    text_of,
    unless_left_out,
)
from core.services.as_code.placing import within
from core.services.as_code.sharing_text import KEY, SharingFile, group_references, put_sharing, sharing_data

_OUTER = frozenset({"name", "description", KEY})
_NOWHERE = str(UUID(int=0))


class DashboardFile(FileModel):
    """A dashboard."""

    name: Name = Field(description="What it is called.")
    description: Words = Field("", description="What it is for.")
    sharing: SharingFile | None = Field(None, description="For whom it is; left out, that stays as it is.")
    content: dict[str, Any] = Field(description="Its tiles and shared filters.")


class DashboardKind(Plain):
    """The dashboards of an organization that are not archived."""

    folder: ClassVar[str] = DASHBOARDS
    has_namesakes: ClassVar[bool] = True
    model: ClassVar[type[BaseModel]] = DashboardFile

    def references(self, data: Json) -> Iterator[Reference]:
        """The reports of its tiles and the groups that it is shared with."""
        for index, tile in enumerate(_tiles(data)):
            if isinstance(tile.get("report"), str):
                yield Reference(place=f"content.tiles[{index}].report", folder=REPORTS, name=tile["report"])
        yield from group_references(data)

    def mistakes(self, data: Json) -> Iterator[Mistake]:
        """What the content itself does not allow."""
        content, given = _with_ids(data, lambda _: _NOWHERE), False
        for index, tile in enumerate(_tiles(data)):
            if "report_id" in tile:
                yield Mistake(place=f"content.tiles[{index}].report_id", message="Name the 'report' instead of its id.")
        for mistake in model_mistakes(DashboardModel, content, "content"):
            given = True
            yield Mistake(
                place=mistake.place.replace("report_id", "report"),
                message=mistake.message.replace("'report_id'", "'report'"),
            )
        if not given:
            try:
                parse_content(content)
            except InvalidInput as error:
                yield refused(error, within="content", renamed={"report_id": "report"})

    def read_all(self, desk: Desk) -> Iterator[tuple[UUID, str, Json | str]]:
        """Every dashboard."""
        service = desk.tools.dashboards
        for dashboard in every(lambda number: service.list(desk.principal, page=number, limit=PAGE)):
            yield dashboard.id, dashboard.name, unless_left_out(partial(_data, desk, dashboard))

    def read(self, desk: Desk, thing_id: UUID) -> Json:
        """One dashboard."""
        return _data(desk, desk.tools.dashboards.get(desk.principal, thing_id))

    def put(self, desk: Desk, data: Json, thing_id: UUID | None) -> UUID:
        """Keep a dashboard, as a new version where what it shows or says is another."""
        noun = NOUNS[REPORTS]
        content = parse_content(_with_ids(data, lambda name: str(desk.names.id_of(REPORTS, name, noun=noun))))
        name, description, service = data["name"], text_of(data, "description"), desk.tools.dashboards
        with within("content", but=_OUTER):
            if thing_id is None:
                made = service.create(desk.principal, name=name, description=description, content=content)
                thing_id = made.id
            elif not _is_same(service.get(desk.principal, thing_id), name, description, content):
                service.save(desk.principal, thing_id, name=name, description=description, content=content)
        put_sharing(desk, desk.tools.dashboard_sharing, thing_id, data.get(KEY))
        return thing_id

    def remove(self, desk: Desk, thing_id: UUID) -> None:
        """Take a dashboard out of the lists."""
        desk.tools.dashboards.archive(desk.principal, thing_id)


def _tiles(data: Json) -> list[Json]:
    tiles = data["content"].get("tiles")
    return [tile if isinstance(tile, dict) else {} for tile in tiles] if isinstance(tiles, list) else []


def _with_ids(data: Json, id_of: Callable[[str], str]) -> Json:
    """The content with the ids of its reports in place of their names."""
    content: Json = dict(data["content"])
    if isinstance(content.get("tiles"), list):
        content["tiles"] = [_tile_with_id(tile, id_of) for tile in content["tiles"]]
    return content


def _tile_with_id(tile: object, id_of: Callable[[str], str]) -> object:
    if not isinstance(tile, dict) or not isinstance(tile.get("report"), str):
        return tile
    return {("report_id" if key == "report" else key): value for key, value in tile.items()} | {
        "report_id": id_of(tile["report"])
    }


def _is_same(dashboard: Dashboard, name: str, description: str, content: DashboardContent) -> bool:
    said = (dashboard.name, dashboard.description, dashboard.content)
    return said == (name.strip(), description.strip(), content)


def _data(desk: Desk, dashboard: Dashboard) -> Json:
    content: Json = dump_value(dashboard.content, kept=KEPT_KEYS)
    if "tiles" in content:
        content["tiles"] = [_tile_with_name(desk, tile) for tile in content["tiles"]]
    said = {
        "name": dashboard.name,
        "description": dashboard.description,
        "sharing": sharing_data(desk, desk.tools.dashboard_sharing, dashboard.id),
    }
    return shortened(said) | {"content": content}


def _tile_with_name(desk: Desk, tile: Json) -> Json:
    return {
        ("report" if key == "report_id" else key): (
            desk.names.reference(REPORTS, UUID(value)) if key == "report_id" else value
        )
        for key, value in tile.items()
    }
