"""The JSON form of a dataset's content, the same in the API and in the database: parse strictly, dump canonically."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from core.domain.dataset import Dataset
from core.domain.dataset_models import ContentModel
from core.domain.definition_json import KEPT_KEYS
from core.domain.field import Field
from core.domain.filter_models import ConditionModel, check_all_on, check_depth
from core.domain.json_form import check_size, dump_value, first_mistake, walk_models
from core.errors import InvalidDataset

MAX_BYTES = 4_000_000
_NOT_CONTENT = frozenset(
    {"id", "organization_id", "source_id", "name", "label", "version", "updated_at", "policy", "sight"}
)


def dump_content(dataset: Dataset) -> dict[str, Any]:
    """The canonical JSON of everything but ids, name, label, version and the time of the last save.

    All keys of the content and of its fields; in other parts, those at their defaults are left out.
    """
    content = {
        field.name: dump_value(getattr(dataset, field.name), kept=KEPT_KEYS)
        for field in fields(dataset)
        if field.name not in _NOT_CONTENT
    }
    return content | {"fields": [dump_field(field) for field in dataset.fields]}


def load_dataset(
    content: object,
    *,
    dataset_id: UUID,
    organization_id: UUID,
    source_id: UUID,
    name: str,
    label: str,
    version: int = 1,
    updated_at: datetime | None = None,
) -> Dataset:
    """Read the content, stored or sent, into a dataset. Raises InvalidDataset with its place."""
    return Dataset(
        id=dataset_id,
        organization_id=organization_id,
        source_id=source_id,
        name=name,
        label=label,
        version=version,
        updated_at=updated_at,
        **_content(content).build(),
    )


def dump_field(field: Field) -> dict[str, Any]:
    """The JSON of one field with all its keys; the API shows the same."""
    return {**dump_value(field, whole=True), "format": dump_value(field.format, whole=True)}


def dataset_schema() -> dict[str, Any]:
    """The JSON Schema of a dataset's content."""
    schema = ContentModel.model_json_schema()
    schema["title"] = "Dataset content"
    return schema


def _content(data: object) -> ContentModel:
    if not isinstance(data, dict):
        raise InvalidDataset("The content of a dataset is a JSON object.", place="")
    check_size(data, what="A dataset", max_bytes=MAX_BYTES, refuse=InvalidDataset)
    try:
        model = ContentModel.model_validate(data)
    except ValidationError as error:
        place, words = first_mistake(error)
        raise InvalidDataset(words, place=place) from error
    check_depth(model, refuse=InvalidDataset)
    check_all_on(model, refuse=InvalidDataset)
    _check_parameters(model)
    for place, parts in (("fields", model.fields), ("measures", model.measures), ("joins", model.joins)):
        _refuse_second(place, [part.name for part in parts])
    return model


def _check_parameters(model: ContentModel) -> None:
    """Parameters belong to reports; a dataset's own conditions have their values."""
    for place, part in walk_models(model):
        if isinstance(part, ConditionModel) and part.parameter is not None:
            words = f"{place}.parameter: Conditions of a dataset take no parameters."
            raise InvalidDataset(words, place=f"{place}.parameter")


def _refuse_second(place: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            second = f"{place}[{index}].name"
            raise InvalidDataset(f"{second}: '{name}' is there already.", place=second)
        seen.add(name)
