"""The JSON form of dashboards: parse with the place of every mistake, dump in one canonical form, hash it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import ValidationError

from core.domain.dashboard import DashboardContent, SharedFilter, TextTile
from core.domain.dashboard_models import DashboardModel
from core.domain.definition import ReportDefinition
from core.domain.definition_json import KEPT_KEYS
from core.domain.json_form import check_size, dump_value, first_mistake
from core.domain.parameters import ParameterValue, parse_parameters
from core.errors import InvalidDefinition, InvalidInput

SCHEMA_VERSION = 1
MAX_BYTES = 1_000_000
#: What tells the question of a dashboard's run from that of a report.
_KIND = "dashboard"
_NO_DATASET = UUID(int=0)


def parse_content(data: object) -> DashboardContent:
    """Read the JSON form. Raises InvalidDefinition with the place of the first mistake, as in `tiles[2].width`."""
    if not isinstance(data, dict):
        raise InvalidDefinition("A dashboard's content is a JSON object.", place="")
    check_size(data, what="A dashboard", max_bytes=MAX_BYTES, refuse=InvalidDefinition)
    try:
        content = DashboardModel.model_validate(data).build()
    except ValidationError as error:
        place, words = first_mistake(error)
        raise InvalidDefinition(words, place=place) from error
    if content.timezone not in available_timezones():
        raise _refusal("timezone", f"There is no timezone '{content.timezone}'.")
    _check_tiles(content)
    _check_filters(content)
    return content


def dump_content(content: DashboardContent) -> dict[str, Any]:
    """The canonical JSON form; in its parts, keys at their defaults are left out."""
    return {"schema_version": SCHEMA_VERSION, **dump_value(content, whole=True, kept=KEPT_KEYS)}


def content_schema() -> dict[str, Any]:
    """The JSON Schema of a dashboard's content."""
    schema = DashboardModel.model_json_schema()
    schema["title"] = "Dashboard content"
    return schema


def content_sha256(content: DashboardContent) -> str:
    """Hash of everything that is not at its default, in hexadecimal."""
    text = json.dumps(dump_value(content, kept=KEPT_KEYS), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def parse_filters(content: DashboardContent, data: object) -> Mapping[str, ParameterValue]:
    """Read values given for shared filters, `{name: value | [values] | window}`. Raises InvalidInput with its place."""
    try:
        return parse_parameters(asking(content), data)
    except InvalidInput as error:
        raise _of_filters(error) from error


def asking(content: DashboardContent) -> ReportDefinition:
    """A definition that asks for what the dashboard's filters take, and for nothing else."""
    return ReportDefinition(dataset_id=_NO_DATASET, parameters=content.parameters, timezone=content.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardQuestion:
    """What a run of a dashboard executes: one of its versions, copied when the run was made."""

    dashboard_id: UUID
    version: int
    content: DashboardContent


def dump_question(dashboard_id: UUID, version: int, content: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in a run where a report's definition stands in others; `content` is its JSON."""
    return {
        "kind": _KIND,
        "dashboard_id": str(dashboard_id),
        "version": version,
        "content": dict(content),
        "timezone": content.get("timezone", "UTC"),
    }


def parse_question(data: Mapping[str, Any]) -> DashboardQuestion | None:
    """Read what a run executes; None where it is a report's definition."""
    if data.get("kind") != _KIND:
        return None
    return DashboardQuestion(
        dashboard_id=UUID(data["dashboard_id"]), version=data["version"], content=parse_content(data["content"])
    )


def _of_filters(error: InvalidInput) -> InvalidInput:
    """The same mistake where the dashboard has it: what a report calls parameters, a dashboard calls filters."""
    place = (error.place or "").replace("parameters", "filters", 1)
    words = error.user_message.removeprefix(f"{error.place}: ")
    words = words.replace("The report has no parameter", "The dashboard has no filter")
    return InvalidInput(f"{place}: {words}"[:500], place=place)


def _check_tiles(content: DashboardContent) -> None:
    seen: dict[str, int] = {}
    for index, tile in enumerate(content.tiles):
        if tile.id in seen:
            words = f"'{tile.id}' is there already, at tiles[{seen[tile.id]}]."
            raise _refusal(f"tiles[{index}].id", words)
        seen[tile.id] = index
        if isinstance(tile, TextTile) and not tile.text.strip():
            raise _refusal(f"tiles[{index}].text", "A text tile says something.")
    for row in content.rows:
        for left, right in pairwise(row):
            if right.column < left.column + left.width:
                place = f"tiles[{seen[right.id]}].column"
                raise _refusal(place, f"It lies on tiles[{seen[left.id]}], which is in the same row.")


def _check_filters(content: DashboardContent) -> None:
    tiles = {tile.id: tile for tile in content.tiles}
    names: dict[str, int] = {}
    for index, shared in enumerate(content.filters):
        if shared.name in names:
            raise _refusal(f"filters[{index}].name", f"'{shared.name}' is there already.")
        names[shared.name] = index
        _check_default(index, content, shared)
        for place, tile_id in _targets(index, [target.tile for target in shared.targets]):
            tile = tiles.get(tile_id)
            if tile is None:
                raise _refusal(place, f"There is no tile '{tile_id}'.")
            if isinstance(tile, TextTile):
                raise _refusal(place, "A text is not filtered.")


def _check_default(index: int, content: DashboardContent, shared: SharedFilter) -> None:
    """Read the default as if somebody had given it, so that its values are of the type that the filter takes."""
    if not shared.default:
        return
    try:
        parse_filters(content, {shared.name: list(shared.default)})
    except InvalidInput as error:
        words = error.user_message.removeprefix(f"{error.place}: ")
        raise _refusal(f"filters[{index}].default", words) from error


def _targets(index: int, tile_ids: list[str]) -> Iterator[tuple[str, str]]:
    """Each tile that a filter names, with its place; none is named twice."""
    for position, tile_id in enumerate(tile_ids):
        place = f"filters[{index}].targets[{position}].tile"
        if tile_id in tile_ids[:position]:
            raise _refusal(place, f"'{tile_id}' is named twice.")
        yield place, tile_id


def _refusal(place: str, words: str) -> InvalidDefinition:
    return InvalidDefinition(f"{place}: {words}"[:500], place=place[:500])
