"""The JSON form of report definitions: parse with the place of every mistake, dump in one canonical form, hash it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from core.domain.definition import Measure, ReportDefinition, Sort
from core.domain.definition_models import DefinitionModel
from core.domain.filter import Condition, DateWindow, FilterGroup
from core.domain.filter_models import check_depth
from core.domain.json_form import check_size, dump_value, first_mistake
from core.errors import InvalidDefinition

SCHEMA_VERSION = 1
MAX_BYTES = 1_000_000
#: Rows of a new report where nobody says otherwise.
DEFAULT_LIMIT = 1000
#: Keys that are written even where they are at their defaults: what readers look for first.
KEPT_KEYS = MappingProxyType(
    {
        FilterGroup: ("match", "items"),
        Condition: ("values",),
        DateWindow: ("n", "unit"),
        Sort: ("descending",),
    }
)


def parse_definition(data: object, *, default_limit: int | None = DEFAULT_LIMIT) -> ReportDefinition:
    """Read the JSON form; a limit left out becomes `default_limit`. Raises InvalidDefinition with its place."""
    if not isinstance(data, dict):
        raise InvalidDefinition("A definition is a JSON object.", place="")
    check_size(data, what="A definition", max_bytes=MAX_BYTES, refuse=InvalidDefinition)
    try:
        model = DefinitionModel.model_validate(data)
    except ValidationError as error:
        place, words = first_mistake(error)
        raise InvalidDefinition(words, place=place) from error
    check_depth(model, refuse=InvalidDefinition)
    definition = model.build()
    if "limit" not in data:
        definition = replace(definition, limit=default_limit)
    _check_duplicates(definition)
    return definition


def dump_definition(definition: ReportDefinition) -> dict[str, Any]:
    """The canonical JSON form: all keys of the definition itself; in its parts, those at their defaults are left out.

    The same definition always gives the same keys, values and order.
    """
    return {"schema_version": SCHEMA_VERSION, **dump_value(definition, whole=True, kept=KEPT_KEYS)}


def definition_schema() -> dict[str, Any]:
    """The JSON Schema of a definition."""
    schema = DefinitionModel.model_json_schema()
    schema["title"] = "Report definition"
    return schema


def definition_sha256(definition: ReportDefinition) -> str:
    """Hash of everything that is not at its default, in hexadecimal: a key added later leaves it as it is."""
    form = dump_value(definition, kept=KEPT_KEYS)
    text = json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _check_duplicates(definition: ReportDefinition) -> None:
    """Refuse keys that come twice: nothing could refer to the second one."""
    keys = [(f"columns[{index}]", key) for index, key in enumerate(definition.columns)]
    keys += [(f"groupings[{index}]", grouping.key) for index, grouping in enumerate(definition.groupings)]
    keys += _measure_keys("measures", definition.measures)
    keys += [(f"calculations[{index}].name", part.name) for index, part in enumerate(definition.calculations)]
    _refuse_second(keys)
    _refuse_second(_measure_keys("kpis", definition.kpis))
    _refuse_second([(f"parameters[{index}].name", part.name) for index, part in enumerate(definition.parameters)])
    _refuse_second([(f"options[{index}].key", part.key) for index, part in enumerate(definition.options)])


def _measure_keys(place: str, measures: Sequence[Measure]) -> list[tuple[str, str]]:
    return [(f"{place}[{index}]", measure.key) for index, measure in enumerate(measures)]


def _refuse_second(keys: Sequence[tuple[str, str]]) -> None:
    first: dict[str, str] = {}
    for place, key in keys:
        if key in first:
            raise InvalidDefinition(f"{place}: '{key}' is there already, at {first[key]}.", place=place)
        first[key] = place
