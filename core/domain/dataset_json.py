"""The stored JSON of a dataset's content: its table, fields and time field."""

from typing import Any
from uuid import UUID

from core.domain.dataset import Dataset, Field, FieldType, Format, NumberStyle


def dump_content(dataset: Dataset) -> dict[str, Any]:
    """Return the JSON of everything in a dataset that is not a column of its own."""
    return {
        "description": dataset.description,
        "schema_name": dataset.schema_name,
        "table_name": dataset.table_name,
        "time_field": dataset.time_field,
        "row_noun": dataset.row_noun,
        "fields": [dump_field(field) for field in dataset.fields],
    }


def load_dataset(
    content: dict[str, Any], *, dataset_id: UUID, organization_id: UUID, source_id: UUID, name: str, label: str
) -> Dataset:
    """Return the dataset behind a stored row."""
    return Dataset(
        id=dataset_id,
        organization_id=organization_id,
        source_id=source_id,
        name=name,
        label=label,
        description=content["description"],
        schema_name=content["schema_name"],
        table_name=content["table_name"],
        time_field=content["time_field"],
        row_noun=content["row_noun"],
        fields=tuple(_load_field(field) for field in content["fields"]),
    )


def dump_field(field: Field) -> dict[str, Any]:
    """Return the JSON of one field; the API shows the same."""
    return {
        "name": field.name,
        "label": field.label,
        "type": str(field.type),
        "description": field.description,
        "format": {
            "style": str(field.format.style),
            "decimals": field.format.decimals,
            "unit": field.format.unit,
        },
        "is_measure": field.is_measure,
        "is_personal": field.is_personal,
    }


def _load_field(data: dict[str, Any]) -> Field:
    shown = data["format"]
    return Field(
        name=data["name"],
        label=data["label"],
        type=FieldType(data["type"]),
        description=data["description"],
        format=Format(style=NumberStyle(shown["style"]), decimals=shown["decimals"], unit=shown["unit"]),
        is_measure=data["is_measure"],
        is_personal=data["is_personal"],
    )
