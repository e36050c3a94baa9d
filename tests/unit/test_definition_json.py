import json
from dataclasses import replace
from datetime import date
from typing import Any

import jsonschema
import pytest

from core.domain.definition import ReportDefinition
from core.domain.definition_json import (
    definition_schema,
    definition_sha256,
    dump_definition,
    parse_definition,
)
from core.domain.filter import Condition, FilterGroup, Operator
from core.errors import InvalidDefinition
from tests.query_parts import DATASET_ID

FULL: dict[str, Any] = {
    "schema_version": 1,
    "dataset_id": str(DATASET_ID),
    "columns": [],
    "groupings": [{"field": "at", "grain": "day"}, {"field": "country"}],
    "measures": [{"aggregation": "count"}, {"aggregation": "sum", "field": "amount", "label": "Revenue"}],
    "period": {
        "field": "at",
        "window": {
            "kind": "between",
            "n": 1,
            "unit": "day",
            "include_current": False,
            "first_on": "2026-11-01",
            "last_on": "2026-11-30",
        },
    },
    "filters": {
        "match": "all",
        "items": [
            {"field": "country", "operator": "is", "values": ["DE", "FR"]},
            {
                "match": "none",
                "items": [
                    {"field": "amount", "operator": "at_least", "values": [1.5]},
                    {
                        "field": "shipped_on",
                        "operator": "in_window",
                        "values": [],
                        "window": {
                            "kind": "last",
                            "n": 7,
                            "unit": "day",
                            "include_current": True,
                            "first_on": None,
                            "last_on": None,
                        },
                    },
                ],
            },
        ],
    },
    "sort": [{"key": "sum__amount", "descending": True}],
    "limit": None,
    "timezone": "Europe/Berlin",
    "kpis": [{"aggregation": "count"}],
    "chart": {"kind": "line", "x": "at__day", "y": ["count"], "color": None},
}


def nested(depth: int) -> dict[str, Any]:
    group: dict[str, Any] = {"match": "any", "items": []}
    for _ in range(depth - 1):
        group = {"match": "all", "items": [group]}
    return group


def with_change(path: str, value: Any) -> dict[str, Any]:
    """FULL with one place changed; the path is written like `filters.items.0.operator`."""
    data = json.loads(json.dumps(FULL))
    target: Any = data
    *parents, last = path.split(".")
    for part in parents:
        target = target[int(part)] if isinstance(target, list) else target[part]
    target[int(last) if isinstance(target, list) else last] = value
    return data


def test_the_canonical_form_is_read_back_as_it_was() -> None:
    parsed = parse_definition(FULL)
    assert dump_definition(parsed) == FULL
    assert parse_definition(json.loads(json.dumps(dump_definition(parsed)))) == parsed


def test_the_shortest_form_takes_the_defaults() -> None:
    parsed = parse_definition({"dataset_id": str(DATASET_ID), "columns": ["country"]}, default_limit=250)
    assert parsed == ReportDefinition(dataset_id=DATASET_ID, columns=("country",), limit=250)


def test_a_limit_left_out_is_the_default_and_null_lifts_it() -> None:
    data = {"dataset_id": str(DATASET_ID), "columns": ["country"]}
    assert parse_definition(data).limit == 1000
    assert parse_definition({**data, "limit": None}).limit is None
    assert parse_definition({**data, "limit": 7}).limit == 7


def test_the_hash_follows_the_meaning_not_the_spelling() -> None:
    parsed = parse_definition(FULL)
    reordered = parse_definition(dict(reversed(FULL.items())))
    assert definition_sha256(parsed) == definition_sha256(reordered)
    assert definition_sha256(parsed) != definition_sha256(replace(parsed, limit=1))
    assert definition_sha256(parse_definition({**FULL, "filters": {}})) == definition_sha256(
        replace(parsed, filters=FilterGroup())
    )


def test_values_made_in_python_are_dumped_as_json_has_them() -> None:
    condition = Condition(field="shipped_on", operator=Operator.IS, values=(date(2026, 11, 23),))
    definition = ReportDefinition(dataset_id=DATASET_ID, columns=("country",), filters=FilterGroup(items=(condition,)))
    dumped = dump_definition(definition)
    assert dumped["filters"]["items"][0]["values"] == ["2026-11-23"]
    assert dump_definition(parse_definition(dumped)) == dumped


@pytest.mark.parametrize(
    ("path", "value", "place", "words"),
    [
        ("colour", 1, "colour", "no key 'colour'"),
        ("filters.items.0.operatr", "is", "filters.items[0].operatr", "no key 'operatr'"),
        ("filters.items.0.operator", "sounds_like", "filters.items[0].operator", "'sounds_like' is not one of"),
        ("filters.items.1.items.0.field", 3, "filters.items[1].items[0].field", "string"),
        ("filters.items.0.values.1", {"sql": "1"}, "filters.items[0].values[1]", "a text, a finite number"),
        ("filters.items.0.values.1", float("nan"), "filters.items[0].values[1]", "finite number"),
        ("filters.items.0.values.1", "a" * 10_001, "filters.items[0].values[1]", "10,000 characters"),
        ("filters.items.0.values.1", "a\x00b", "filters.items[0].values[1]", "NUL"),
        ("filters.items.0.values.1", "\ud800", "filters.items[0].values[1]", "surrogate"),
        ("filters.items.0.values", ["a"] * 10_001, "filters.items[0].values", "10000"),
        ("filters.items.0.field", "\ud800", "filters.items[0].field", "surrogate"),
        ("period.window.first_on", "2026-02-30", "period.window.first_on", "no such day"),
        ("period.window.first_on", 0, "period.window.first_on", "written like 2026-11-23"),
        ("period.window.first_on", "20260201", "period.window.first_on", "written like 2026-11-23"),
        ("period.window.n", 0, "period.window.n", "greater than or equal to 1"),
        ("period.window.n", True, "period.window.n", "integer"),
        ("period.window.unit", "fortnight", "period.window.unit", "'fortnight' is not one of"),
        ("limit", 0, "limit", "greater than or equal to 1"),
        ("limit", "10", "limit", "integer"),
        ("columns", ["a"] * 201, "columns", "200"),
        ("measures", [{"aggregation": "count"}, {"aggregation": "count"}], "measures", "'count' is there 2 times"),
        ("kpis", [{"aggregation": "count"}, {"aggregation": "count"}], "kpis", "'count' is there 2 times"),
        ("dataset_id", "nope", "dataset_id", "UUID"),
        ("chart.y", [], "chart.y", "at least 1"),
        ("schema_version", 2, "schema_version", "1"),
        ("filters", nested(7), "filters.items[0].items[0].items[0].items[0].items[0].items[0]", "6 levels"),
        ("filters", nested(500), "filters", "6 levels"),
    ],
)
def test_a_mistake_is_refused_with_its_place(path: str, value: Any, place: str, words: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition(with_change(path, value))
    assert caught.value.place == place
    assert words in caught.value.user_message


def test_filters_may_nest_six_levels() -> None:
    assert parse_definition({**FULL, "filters": nested(6)}).filters.items


def test_duplicate_columns_are_refused() -> None:
    with pytest.raises(InvalidDefinition, match="'country' is there 2 times") as caught:
        parse_definition({"dataset_id": str(DATASET_ID), "columns": ["country", "country"]})
    assert caught.value.place == "columns"


def test_a_missing_dataset_is_named() -> None:
    with pytest.raises(InvalidDefinition, match="'dataset_id' is missing"):
        parse_definition({"columns": ["country"]})


def test_more_than_a_megabyte_is_refused() -> None:
    values = ["x" * 9_000] * 150
    with pytest.raises(InvalidDefinition, match="at most 1 MB"):
        parse_definition(with_change("filters.items.0.values", values))


@pytest.mark.parametrize("data", [None, [], "text", 3])
def test_anything_but_an_object_is_refused(data: object) -> None:
    with pytest.raises(InvalidDefinition, match="JSON object"):
        parse_definition(data)


def test_the_published_schema_accepts_what_is_dumped_and_refuses_unknown_keys() -> None:
    schema = definition_schema()
    jsonschema.validate(FULL, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**FULL, "colour": 1}, schema)
