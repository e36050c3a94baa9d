import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.access import Permission
from core.domain.dataset import Dataset, DatasetMeasure
from core.domain.dataset_json import dataset_schema, dump_content, dump_field, load_dataset
from core.domain.dataset_models import ContentModel
from core.domain.definition import Aggregation, Measure
from core.domain.field import DateStyle, Field, FieldType, Format, NumberStyle
from core.domain.filter import Condition, FilterGroup, Operator
from core.domain.json_form import walk_models
from core.domain.measure_models import MeasureModel
from core.domain.relation import (
    BucketStep,
    Cardinality,
    CastStep,
    ComputeStep,
    FillStep,
    FilterStep,
    Join,
    JoinKey,
    LookUpStep,
    MapStep,
    PivotStep,
    RenameStep,
    SourceColumn,
    SplitStep,
    SqlOrigin,
    Step,
    TableOrigin,
    UnionStep,
    Unmapped,
    UnpivotStep,
)
from core.errors import InvalidDataset
from tests.definition_parts import orders_dataset

IDS: dict[str, Any] = {
    "dataset_id": UUID(int=1),
    "organization_id": UUID(int=2),
    "source_id": UUID(int=3),
    "name": "sales",
    "label": "Sales",
}
_RETURNS = TableOrigin(
    table_name="returns",
    schema_name="shop",
    columns=(SourceColumn(name="id", type=FieldType.TEXT), SourceColumn(name="x", type=FieldType.DECIMAL, scale=2)),
)
_PAID = FilterGroup(items=(Condition(field="paid", operator=Operator.IS, values=(True,)),))
STEPS: tuple[Step, ...] = (
    CastStep(column="a", type=FieldType.DATE, title="Read the day"),
    RenameStep(column="a", into="b"),
    MapStep(
        column="c", into="c", values=(("DE", "Germany"), (1, "one"), (True, "yes")), unmapped=Unmapped.OTHER, other="?"
    ),
    BucketStep(column="n", into="size", bounds=(10, 99.5), labels=("small", "middle", "large")),
    SplitStep(column="t", separator="/", into=("t1", "t2")),
    FillStep(column="n", value=0),
    FilterStep(filters=_PAID),
    ComputeStep(into="twice", expression="n * 2"),
    UnionStep(table=_RETURNS),
    LookUpStep(table=_RETURNS, keys=(JoinKey(left="id", right="id"),), columns=("x",), prefix="r_"),
    PivotStep(keys=("k",), column="c", values=("x", 2), aggregation=Aggregation.SUM, value_column="n"),
    UnpivotStep(columns=("q1", "q2"), name_into="quarter", value_into="amount"),
)
FULL = Dataset(
    id=UUID(int=1),
    organization_id=UUID(int=2),
    source_id=UUID(int=3),
    name="sales",
    label="Sales",
    description="One row an order line",
    folder="Shop",
    origin=SqlOrigin(sql="SELECT 1 AS n", columns=(SourceColumn(name="n", type=FieldType.INTEGER),)),
    steps=STEPS,
    joins=(
        Join(name="customers", table=_RETURNS, keys=(JoinKey(left="customer_id", right="id"),)),
        Join(
            name="visits",
            table=TableOrigin(table_name="visits"),
            keys=(JoinKey(left="id", right="customer_id"),),
            left="customers",
            cardinality=Cardinality.ONE_TO_MANY,
            is_required=True,
            row_key=("visit_id",),
        ),
    ),
    row_key=("n",),
    fields=(
        Field(name="n", label="Number", type=FieldType.INTEGER),
        Field(
            name="city",
            label="City",
            type=FieldType.TEXT,
            description="Where it went",
            is_personal=True,
            is_hidden=True,
            folder="Place",
            synonyms=("town",),
            table="customers",
            column="City",
        ),
        Field(
            name="share",
            label="Share",
            type=FieldType.DECIMAL,
            format=Format(style=NumberStyle.PERCENT, decimals=1, unit="%", date_style=DateStyle.ISO),
            is_measure=True,
            expression="n / 2",
            scale=4,
        ),
    ),
    measures=(
        DatasetMeasure(name="orders", label="Orders", measure=Measure(aggregation=Aggregation.COUNT)),
        DatasetMeasure(
            name="p90",
            label="Ninetieth",
            measure=Measure(aggregation=Aggregation.PERCENTILE, field="n", percent=90.0, filters=_PAID),
            description="What 90% do not exceed",
            format=Format(decimals=2),
            folder="Figures",
            synonyms=("p", "90"),
        ),
        DatasetMeasure(name="ratio", label="Ratio", measure=Measure(expression="[orders] / sum(n)")),
    ),
    time_field="at",
    row_noun="order lines",
    needs=Permission.MANAGE_MEMBERS,
    is_certified=True,
)
_VALIDATOR = jsonschema.Draft202012Validator(dataset_schema())


def stored(dataset: Dataset) -> Any:
    return json.loads(json.dumps(dump_content(dataset)))


def with_change(path: str, value: Any) -> Any:
    """FULL's content with one place changed; the path is written like `steps.2.column`."""
    data = stored(FULL)
    target = data
    *parents, last = path.split(".")
    for part in parents:
        target = target[int(part)] if isinstance(target, list) else target[part]
    target[int(last) if isinstance(target, list) else last] = value
    return data


@pytest.mark.parametrize("dataset", [FULL, orders_dataset()], ids=["full", "orders"])
def test_a_dataset_is_read_back_as_it_was(dataset: Dataset) -> None:
    content = stored(dataset)
    _VALIDATOR.validate(content)
    read = load_dataset(
        content,
        dataset_id=dataset.id,
        organization_id=dataset.organization_id,
        source_id=dataset.source_id,
        name=dataset.name,
        label=dataset.label,
    )
    assert read == dataset
    assert dump_content(read) == content


def test_the_example_leaves_no_part_out() -> None:
    """The round trip above proves something about every field of every value only while they all differ somewhere."""
    assert {type(step) for step in STEPS} == set(get_args(Step))
    seen: dict[type, set[str]] = {}

    def visit(value: Any) -> None:
        if isinstance(value, tuple):
            for item in value:
                visit(item)
        elif is_dataclass(value):
            for field in fields(value):
                content = getattr(value, field.name)
                if content != field.default:
                    seen.setdefault(type(value), set()).add(field.name)
                visit(content)

    visit(FULL)
    for kind in (Dataset, Field, Format, DatasetMeasure, Join, SourceColumn, TableOrigin, SqlOrigin, JoinKey):
        missing = {field.name for field in fields(kind)} - seen[kind]
        assert missing <= {"version", "updated_at", "policy", "sight"}, kind


def test_the_models_have_the_keys_of_the_values_they_give() -> None:
    for path, model in walk_models(ContentModel.model_validate(stored(FULL))):
        if path:
            built = {field.name for field in fields(model.build())}
            unsaid = {"name", "label", "format"} if type(model) is MeasureModel else set()
            assert built == set(type(model).model_fields) - {"kind"} | unsaid, path
    content = {field.name for field in fields(Dataset)} - {"id", "organization_id", "source_id", "name", "label"}
    assert set(ContentModel.model_fields) == content - {"version", "updated_at", "policy", "sight"}


def test_the_shortest_content_takes_the_defaults() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    content = {"origin": {"table_name": "sales"}, "fields": []}
    assert load_dataset(content, **IDS, version=3, updated_at=at) == Dataset(
        id=UUID(int=1),
        organization_id=UUID(int=2),
        source_id=UUID(int=3),
        name="sales",
        label="Sales",
        origin=TableOrigin(table_name="sales"),
        fields=(),
        version=3,
        updated_at=at,
    )


def test_a_field_is_shown_with_all_its_keys() -> None:
    shown = dump_field(Field(name="n", label="Number", type=FieldType.INTEGER))
    assert set(shown) == {field.name for field in fields(Field)}
    assert shown["format"] == {"style": "number", "decimals": None, "unit": None, "date_style": None}


@pytest.mark.parametrize(
    ("path", "value", "place", "words"),
    [
        ("colour", 1, "colour", "no key 'colour'"),
        ("id", str(UUID(int=1)), "id", "no key 'id'"),
        ("origin", None, "origin", "An object with keys"),
        ("origin", {}, "origin.table_name", "'table_name' is missing"),
        ("origin.sql", "", "origin.sql", "cannot be empty"),
        ("origin.sql", "SELECT '\x00'", "origin.sql", "NUL"),
        ("origin.columns", [], "origin.columns", "cannot be empty"),
        ("origin.columns.0.type", "money", "origin.columns[0].type", "'money' is not one of"),
        ("steps.0", "cast", "steps[0]", "whose 'kind' is cast, rename"),
        ("steps.0.kind", "melt", "steps[0]", "whose 'kind' is cast, rename"),
        ("steps.1.colum", "a", "steps[1].colum", "no key 'colum'"),
        ("steps.1.column", "", "steps[1].column", "cannot be empty"),
        ("steps.2.values.1", ["x"], "steps[2].values[1][1]", "missing"),
        ("steps.2.values.1.0", None, "steps[2].values[1][0]", "a text, a finite number"),
        ("steps.2.values.1.0", "DE", "steps[2]", "A value is mapped once."),
        ("steps.3.bounds", [10, 10], "steps[3]", "ascend"),
        ("steps.3.bounds.1", True, "steps[3].bounds[1]", "finite number"),
        ("steps.3.labels", ["a"], "steps[3]", "2 bounds make 3 ranges"),
        ("steps.4.into", ["x", "x"], "steps[4]", "a column of its own"),
        ("steps.4.separator", "", "steps[4].separator", "cannot be empty"),
        ("steps.5.value", None, "steps[5].value", "a text, a finite number"),
        ("steps.6.filters.items.0.values.0", [], "steps[6].filters.items[0].values[0]", "a text, a finite"),
        (
            "steps.6.filters.items.0.parameter",
            "p",
            "steps[6].filters.items[0].parameter",
            "Conditions of a dataset take no parameters",
        ),
        (
            "measures.1.measure.filters.items.0.parameter",
            "p",
            "measures[1].measure.filters.items[0].parameter",
            "take no parameters",
        ),
        ("steps.7.expression", "", "steps[7].expression", "cannot be empty"),
        ("steps.8.table.table_name", 5, "steps[8].table.table_name", "A text"),
        ("steps.9.keys", [], "steps[9].keys", "cannot be empty"),
        ("steps.9.columns", [], "steps[9].columns", "cannot be empty"),
        ("steps.10.aggregation", "percentile", "steps[10]", "takes no percentiles"),
        ("steps.10.aggregation", "count", "steps[10]", "'count' takes no 'value_column'"),
        ("steps.10.values", ["x", "x"], "steps[10]", "Each value has one column."),
        ("steps.11.columns", [], "steps[11].columns", "cannot be empty"),
        ("joins.1.name", "customers", "joins[1].name", "'customers' is there already"),
        ("joins.1.cardinality", "many_to_many", "joins[1].cardinality", "'many_to_many' is not one of"),
        ("joins.0.keys.0.left", None, "joins[0].keys[0].left", "A text"),
        ("fields.1.name", "n", "fields[1].name", "'n' is there already"),
        ("fields.2.column", "x", "fields[2]", "neither 'table' nor 'column'"),
        ("fields.0.label", "", "fields[0].label", "cannot be empty"),
        ("fields.0.label", "\ud800", "fields[0].label", "surrogate"),
        ("fields.2.format.decimals", -1, "fields[2].format.decimals", "0"),
        ("measures.2.name", "orders", "measures[2].name", "'orders' is there already"),
        ("measures.0.measure.name", "x", "measures[0].measure.name", "no key 'name'"),
        ("measures.0.measure.expression", "1", "measures[0].measure", "exactly one of"),
        ("is_certified", "yes", "is_certified", "true or false"),
        ("row_noun", "", "row_noun", "cannot be empty"),
    ],
)
def test_a_mistake_is_refused_with_its_place(path: str, value: Any, place: str, words: str) -> None:
    with pytest.raises(InvalidDataset) as caught:
        load_dataset(with_change(path, value), **IDS)
    assert caught.value.place == place
    assert words in caught.value.user_message


def test_filters_of_steps_nest_six_levels() -> None:
    group: dict[str, Any] = {"items": []}
    for _ in range(5):
        group = {"items": [group]}
    assert load_dataset(with_change("steps.6.filters", group), **IDS)
    with pytest.raises(InvalidDataset, match="6 levels") as caught:
        load_dataset(with_change("steps.6.filters", {"items": [group]}), **IDS)
    assert caught.value.place == "steps[6].filters" + ".items[0]" * 6


def test_what_is_too_large_or_too_deep_is_refused_before_it_is_read() -> None:
    with pytest.raises(InvalidDataset, match="at most 4 MB; this one has 5"):
        load_dataset(with_change("description", "x" * 5_000_000), **IDS)
    deep: Any = []
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(InvalidDataset, match="at most 40 levels"):
        load_dataset({"steps": deep}, **IDS)


@pytest.mark.parametrize("content", [None, [], "text", 3])
def test_anything_but_an_object_is_refused(content: object) -> None:
    with pytest.raises(InvalidDataset, match="JSON object"):
        load_dataset(content, **IDS)


def test_every_key_of_the_published_schema_is_described() -> None:
    schema = dataset_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == "Dataset content"
    for name, part in {"": schema, **schema["$defs"]}.items():
        assert part.get("description"), name
        for key, shape in part.get("properties", {}).items():
            assert shape.get("description") or "$ref" in shape or "const" in shape, (name, key)


def test_the_published_schema_refuses_what_is_refused_here() -> None:
    for path, value in (("colour", 1), ("steps.0.kind", "melt"), ("fields.0.type", "money"), ("origin", {})):
        with pytest.raises(jsonschema.ValidationError):
            _VALIDATOR.validate(with_change(path, value))


_texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
_names = _texts.filter(bool)
_scalars = _texts | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
_tables = st.builds(
    TableOrigin,
    table_name=_names,
    schema_name=st.none() | _names,
    columns=st.lists(
        st.builds(SourceColumn, name=_names, type=st.sampled_from(FieldType), scale=st.none() | st.integers(0, 30)),
        max_size=2,
    ).map(tuple),
)
_titles = st.just("") | _texts
_steps = st.one_of(
    st.builds(CastStep, column=_names, type=st.sampled_from(FieldType), title=_titles),
    st.builds(FillStep, column=_names, value=_scalars, title=_titles),
    st.builds(
        MapStep,
        column=_names,
        into=_names,
        values=st.lists(st.tuples(_texts, _texts), min_size=1, max_size=3, unique_by=lambda pair: pair[0]).map(tuple),
        unmapped=st.sampled_from(Unmapped),
        other=_texts,
    ),
    st.builds(
        BucketStep,
        column=_names,
        into=_names,
        bounds=st.sets(st.integers(), min_size=1, max_size=4).map(sorted).map(tuple),
    ),
    st.builds(UnionStep, table=_tables),
    st.builds(ComputeStep, into=_names, expression=_names),
)


@given(_tables, st.lists(_steps, max_size=4).map(tuple), _texts, st.none() | _names)
@settings(deadline=None)
def test_any_table_and_steps_are_read_back(
    origin: TableOrigin, steps: tuple[Step, ...], description: str, time_field: str | None
) -> None:
    dataset = Dataset(
        id=UUID(int=1),
        organization_id=UUID(int=2),
        source_id=UUID(int=3),
        name="sales",
        label="Sales",
        origin=origin,
        steps=steps,
        description=description,
        time_field=time_field,
        fields=(),
    )
    content = stored(dataset)
    assert load_dataset(content, **IDS) == dataset
    _VALIDATOR.validate(content)
