import json
from dataclasses import fields, replace
from datetime import date
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from core.domain.appearance import Chart, ChartKind
from core.domain.definition import Aggregation, Grouping, Measure, Period, ReportDefinition, Sort
from core.domain.definition_json import (
    definition_schema,
    definition_sha256,
    dump_definition,
    parse_definition,
)
from core.domain.definition_models import DefinitionModel
from core.domain.filter import Condition, DateUnit, DateWindow, FilterGroup, Grain, Operator, WindowKind
from core.domain.json_form import walk_models
from core.errors import InvalidDefinition
from core.query.validate import validate_definition
from tests.definition_parts import DATASET_ID, orders_dataset
from tests.definition_strategies import definitions

_VALIDATOR = jsonschema.Draft202012Validator(definition_schema())
FULL: dict[str, Any] = {
    "schema_version": 1,
    "dataset_id": str(DATASET_ID),
    "columns": [],
    "groupings": [{"field": "at", "grain": "day"}, {"field": "country"}],
    "measures": [
        {"aggregation": "count"},
        {"aggregation": "sum", "field": "amount", "label": "Revenue", "format": {"style": "currency", "unit": "EUR"}},
        {"aggregation": "percentile", "field": "amount", "percent": 90.0},
        {"dataset_measure": "margin"},
        {
            "expression": "sum(amount) / count()",
            "filters": {"match": "all", "items": [{"field": "is_paid", "operator": "is", "values": [True]}]},
            "name": "paid_average",
        },
    ],
    "calculations": [
        {"name": "total", "kind": "running_total", "of": "sum__amount", "within": ["country"]},
        {"name": "before", "kind": "previous", "of": "sum__amount", "against": "previous_year", "label": "Last year"},
        {"name": "double", "kind": "expression", "expression": "count * 2"},
    ],
    "period": {
        "field": "at",
        "window": {
            "kind": "between",
            "n": 1,
            "unit": "day",
            "first_on": "2026-11-01",
            "last_on": "2026-11-30",
        },
        "parameter": "when",
        "against": "previous_year",
    },
    "filters": {
        "match": "all",
        "items": [
            {"field": "country", "operator": "is", "values": ["DE", "FR"], "ignore_case": True},
            {"field": "country", "operator": "is", "values": [], "parameter": "where"},
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
                            "offset": -1,
                            "offset_unit": "month",
                        },
                    },
                ],
            },
        ],
    },
    "result_filters": {"match": "any", "items": [{"field": "sum__amount", "operator": "greater", "values": [10]}]},
    "parameters": [
        {"name": "when", "label": "When", "type": "window", "default_window": {"kind": "this", "n": 1, "unit": "year"}},
        {"name": "where", "label": "Where", "field": "country", "is_list": True, "default": ["DE"]},
        {"name": "least", "label": "At least", "value_type": "decimal", "is_required": True},
    ],
    "top": {"n": 5, "by": "sum__amount", "grouping": "country", "with_others": True},
    "pivot": {"groupings": ["country"], "with_totals": True},
    "totals": {"grand": True, "subtotals": 1},
    "sort": [{"key": "sum__amount", "descending": True}],
    "limit": None,
    "timezone": "Europe/Berlin",
    "calendar": {"week_start": 7, "fiscal_year_start": 4},
    "kpis": [{"aggregation": "count"}],
    "chart": {"kind": "line", "x": "at__day", "y": ["count"]},
    "options": [{"key": "count", "label": "Orders", "format": {"decimals": 0}, "width": 12}],
    "rules": [
        {"key": "count", "operator": "greater", "values": [10], "tone": "good", "whole_row": True},
        {"key": "sum__amount", "kind": "scale"},
    ],
}
#: What was stored before the language grew.
LANDED: dict[str, Any] = {
    "schema_version": 1,
    "dataset_id": str(DATASET_ID),
    "columns": [],
    "groupings": [{"field": "at", "grain": "month"}],
    "measures": [{"aggregation": "sum", "field": "amount", "label": "Revenue"}],
    "period": {
        "field": "at",
        "window": {
            "kind": "last",
            "n": 3,
            "unit": "month",
            "include_current": False,
            "first_on": None,
            "last_on": None,
        },
    },
    "filters": {"match": "all", "items": [{"field": "country", "operator": "is", "values": ["DE"]}]},
    "sort": [{"key": "sum__amount", "descending": True}],
    "limit": 10,
    "timezone": "UTC",
    "kpis": [{"aggregation": "count"}],
    "chart": {"kind": "line", "x": "at__month", "y": ["sum__amount"], "color": None},
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
        ("filters.items.2.items.0.field", 3, "filters.items[2].items[0].field", "A text"),
        ("filters.items.0.values.1", {"sql": "1"}, "filters.items[0].values[1]", "a text, a finite number"),
        ("filters.items.0.values.1", float("nan"), "filters.items[0].values[1]", "finite number"),
        ("filters.items.0.values.1", "a" * 10_001, "filters.items[0].values[1]", "10,000 characters"),
        ("filters.items.0.values.1", "a\x00b", "filters.items[0].values[1]", "NUL"),
        ("filters.items.0.values.1", "\ud800", "filters.items[0].values[1]", "surrogate"),
        ("filters.items.0.values", ["a"] * 10_001, "filters.items[0].values", "10,000"),
        ("filters.items.0.field", "\ud800", "filters.items[0].field", "surrogate"),
        ("period.window.first_on", "2026-02-30", "period.window.first_on", "no such day"),
        ("period.window.first_on", 0, "period.window.first_on", "written like 2026-11-23"),
        ("period.window.first_on", "20260201", "period.window.first_on", "written like 2026-11-23"),
        ("period.window.n", 0, "period.window.n", "at least 1"),
        ("period.window.n", True, "period.window.n", "whole number"),
        ("period.window.unit", "fortnight", "period.window.unit", "'fortnight' is not one of"),
        ("limit", 0, "limit", "at least 1"),
        ("limit", "10", "limit", "whole number"),
        ("columns", ["a"] * 201, "columns", "200"),
        (
            "measures",
            [{"aggregation": "count"}, {"aggregation": "count"}],
            "measures[1]",
            "'count' is there already, at measures[0]",
        ),
        ("kpis", [{"aggregation": "count"}, {"aggregation": "count"}], "kpis[1]", "'count' is there already"),
        ("dataset_id", "nope", "dataset_id", "An id"),
        ("chart.y", [], "chart.y", "cannot be empty"),
        ("schema_version", 2, "schema_version", "1"),
        ("filters", nested(7), "filters.items[0].items[0].items[0].items[0].items[0].items[0]", "6 levels"),
        ("filters", nested(500), "", "at most 40 levels"),
        ("measures.4.filters", nested(7), "measures[4].filters" + ".items[0]" * 6, "6 levels"),
        ("measures.4.filters.items.0.values", ["a", []], "measures[4].filters.items[0].values[1]", "a text, a finite"),
        ("measures.4.name", None, "measures[4]", "has a 'name' of its own"),
        ("measures.1.name", "count", "measures[1]", "'count' is there already, at measures[0]"),
        ("measures.0", {}, "measures[0]", "exactly one of 'aggregation', 'dataset_measure' and 'expression'"),
        ("measures.0.expression", "count()", "measures[0]", "exactly one of"),
        ("measures.3.field", "amount", "measures[3]", "Only an aggregation takes a 'field'"),
        ("measures.2.percent", None, "measures[2]", "'percentile' takes a 'percent'"),
        ("measures.1.percent", 5, "measures[1]", "nothing else does"),
        ("measures.2.percent", 101, "measures[2]", "from 0 to 100"),
        ("measures.2.percent", True, "measures[2].percent", "finite number"),
        ("measures.2.percent", float("inf"), "measures[2].percent", "finite number"),
        ("measures.4.expression", "1" * 2001, "measures[4].expression", "2,000"),
        ("measures.4.expression", "'\x00'", "measures[4].expression", "NUL"),
        ("measures.1.format.decimals", 16, "measures[1].format.decimals", "15"),
        ("measures.1.format.style", "roman", "measures[1].format.style", "'roman' is not one of"),
        ("calculations.0.of", None, "calculations[0]", "'running_total' names its measure in 'of'"),
        ("calculations.0.expression", "1", "calculations[0]", "has no 'expression'"),
        ("calculations.2.of", "count", "calculations[2]", "has an 'expression' and no 'of'"),
        ("calculations.0.name", "count", "calculations[0].name", "'count' is there already, at measures[0]"),
        ("calculations.1.name", "country", "calculations[1].name", "'country' is there already, at groupings[1]"),
        ("calculations.1.name", "total", "calculations[1].name", "'total' is there already, at calculations[0].name"),
        ("groupings.0.grain", "fortnight", "groupings[0].grain", "'fortnight' is not one of"),
        ("period.window.offset", 10_001, "period.window.offset", "10,000"),
        ("period.window", "yesterday", "period.window", "An object with keys"),
        ("parameters.1.name", "when", "parameters[1].name", "'when' is there already"),
        ("parameters.0.field", "at", "parameters[0]", "takes a window has no field"),
        ("parameters.1.value_type", "text", "parameters[1]", "either a 'field' or a 'value_type'"),
        ("parameters.1.default_window", {"kind": "this"}, "parameters[1]", "has no 'default_window'"),
        ("parameters.2.default", [1, 2], "parameters[2]", "at most one in 'default'"),
        ("top.n", 0, "top.n", "at least 1"),
        ("pivot.groupings", [], "pivot.groupings", "cannot be empty"),
        ("totals.subtotals", -1, "totals.subtotals", "at least 0"),
        ("calendar.week_start", 8, "calendar.week_start", "7"),
        ("calendar.fiscal_year_start", 0, "calendar.fiscal_year_start", "1"),
        ("options.0.width", 0, "options[0].width", "at least 1"),
        ("options", [{"key": "a"}, {"key": "a"}], "options[1].key", "'a' is there already"),
        ("rules.0.operator", None, "rules[0]", "A rule that marks has an operator."),
        ("rules.1.whole_row", True, "rules[1]", "Only a rule that marks"),
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
    with pytest.raises(InvalidDefinition, match="'country' is there already") as caught:
        parse_definition({"dataset_id": str(DATASET_ID), "columns": ["country", "country"]})
    assert caught.value.place == "columns[1]"


def test_what_was_stored_before_the_language_grew_means_the_same() -> None:
    parsed = parse_definition(LANDED)
    assert parsed == ReportDefinition(
        dataset_id=DATASET_ID,
        groupings=(Grouping(field="at", grain=Grain.MONTH),),
        measures=(Measure(aggregation=Aggregation.SUM, field="amount", label="Revenue"),),
        period=Period(field="at", window=DateWindow(kind=WindowKind.LAST, n=3, unit=DateUnit.MONTH)),
        filters=FilterGroup(items=(Condition(field="country", operator=Operator.IS, values=("DE",)),)),
        sort=(Sort(key="sum__amount", descending=True),),
        limit=10,
        kpis=(Measure(aggregation=Aggregation.COUNT),),
        chart=Chart(kind=ChartKind.LINE, x="at__month", y=("sum__amount",)),
    )
    assert dump_definition(parsed)["totals"] == {}


def test_the_models_have_the_keys_of_the_values_they_give() -> None:
    """A field added to a domain value and forgotten in its JSON shape would be dropped in silence."""
    for path, model in walk_models(DefinitionModel.model_validate(FULL)):
        built = {field.name for field in fields(model.build())}
        assert built == set(type(model).model_fields) - {"schema_version"}, path


@given(definitions(orders_dataset()))
@settings(deadline=None)
def test_any_definition_is_read_back_as_it_was_and_fits_the_schema(definition: ReportDefinition) -> None:
    data = json.loads(json.dumps(dump_definition(definition)))
    assert parse_definition(data) == definition
    _VALIDATOR.validate(data)
    validate_definition(definition, orders_dataset())


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


def test_every_key_of_the_published_schema_is_described() -> None:
    schema = definition_schema()
    assert schema["description"].startswith("What a report asks")
    for name, part in {"": schema, **schema["$defs"]}.items():
        assert part.get("description"), name
        for key, shape in part.get("properties", {}).items():
            assert shape.get("description") or "$ref" in shape, (name, key)


def test_the_published_schema_accepts_what_is_dumped_and_refuses_unknown_keys() -> None:
    schema = definition_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(FULL, schema)
    jsonschema.validate(LANDED, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**FULL, "colour": 1}, schema)
