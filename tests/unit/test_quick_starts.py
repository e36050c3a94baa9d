"""First questions: what a dataset's fields make of themselves, and what would mislead and is not offered."""

from dataclasses import replace

import pytest

from core.demo.datasets import demo_datasets
from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Comparison
from core.domain.definition_json import dump_definition, parse_definition
from core.domain.field import Field, FieldType, Format, NumberStyle
from core.domain.field_roles import measure_of, roles_of
from core.domain.quick_start import StartKind
from core.domain.relation import TableOrigin
from core.query.validate import validate_definition
from core.services.quick_starts import starts_of
from tests.screens.fake_data import USAGE, make_id

_T = FieldType
BARE = replace(
    USAGE, fields=(Field(name="code", label="Code", type=_T.TEXT),), measures=(), time_field=None, row_noun="codes"
)
SENT = replace(
    USAGE,
    fields=(
        Field(name="sent_at", label="Sent", type=_T.DATETIME),
        Field(name="channel", label="Channel", type=_T.TEXT),
        Field(name="was_delivered", label="Delivered", type=_T.BOOLEAN),
        Field(name="is_opened", label="Opened", type=_T.BOOLEAN),
    ),
    measures=(),
    time_field="sent_at",
    row_noun="messages",
)


def dataset_of(draft):
    return Dataset(
        id=make_id(draft.name),
        organization_id=make_id("organization"),
        source_id=make_id("source"),
        name=draft.name,
        label=draft.label,
        origin=TableOrigin(table_name=draft.table_name),
        fields=draft.fields,
        time_field=draft.time_field,
        row_noun=draft.row_noun,
    )


DEMO = {draft.name: dataset_of(draft) for draft in demo_datasets()}


def starts(dataset, used=None):
    found = starts_of(dataset, roles_of(dataset, used), timezone="UTC", row_limit=1000)
    return {start.key: start for start in found}


@pytest.mark.parametrize("dataset", [*DEMO.values(), USAGE, BARE, SENT], ids=lambda dataset: dataset.label)
def test_every_start_runs_and_can_be_saved(dataset):
    found = starts(dataset)
    assert found
    for start in found.values():
        validate_definition(start.definition, dataset)
        assert parse_definition(dump_definition(start.definition)) == start.definition


def test_a_dataset_offers_its_figures_over_time_its_highest_one_number_and_its_rows():
    found = starts(DEMO["orders"])
    labels = [start.label for start in found.values() if start.kind is StartKind.QUICK]
    assert labels == [
        "Revenue by month",
        "Top 10: Country by revenue",
        "Top 10: Segment by revenue",
        "Revenue, one number",
        "Latest order lines",
    ]
    assert found["top_country"].definition.top.n == 10
    assert found["one_number"].definition.kpis == found["one_number"].definition.measures


def test_ready_made_reports_come_where_their_fields_are():
    offered = {
        name: {key for key, start in starts(dataset).items() if start.kind is StartKind.READY_MADE}
        for name, dataset in DEMO.items()
    }
    assert offered == {
        "orders": {"usage", "revenue", "key_figures"},
        "customers": set(),
        "products": set(),
        "invoices": {"usage", "revenue", "key_figures", "audit_trail"},
        "outreach": {"key_figures", "outreach"},
        "product_usage": {"usage", "key_figures", "audit_trail"},
    }
    assert starts(DEMO["orders"])["revenue"].definition.period.against is Comparison.PREVIOUS_YEAR
    assert starts(DEMO["product_usage"])["audit_trail"].definition.columns[:3] == (
        "occurred_at",
        "user_id",
        "event_name",
    )


def test_amounts_in_several_currencies_are_never_added_up():
    for start in starts(DEMO["invoices"]).values():
        sums = {m.field for m in (*start.definition.measures, *start.definition.kpis)}
        if sums & {"net_amount", "tax_amount", "total_amount"}:
            assert "currency" in {g.field for g in start.definition.groupings}
            assert not {m.field for m in start.definition.kpis} & sums - {None}
            assert not start.definition.totals.grand


@pytest.mark.parametrize(
    ("field", "how"),
    [
        (Field(name="amount", label="Amount", type=_T.DECIMAL), Aggregation.SUM),
        (Field(name="unit_price", label="Price", type=_T.DECIMAL), Aggregation.AVERAGE),
        (Field(name="margin", label="Margin", type=_T.DECIMAL, format=Format(style=NumberStyle.PERCENT)), "average"),
    ],
    ids=lambda item: getattr(item, "name", str(item)),
)
def test_a_sum_that_says_nothing_is_an_average(field, how):
    assert measure_of(field).aggregation == how


def test_what_people_ask_most_comes_first():
    assert starts(DEMO["orders"], {"quantity": 5})["over_time"].label == "Quantity by month"
    assert "top_sales_channel" in starts(DEMO["orders"], {"sales_channel": 3})


def test_flags_are_counted_where_no_number_says_what_became_of_a_message():
    made = starts(SENT)["outreach"].definition
    assert [m.key for m in made.measures] == ["count", "was_delivered_count", "is_opened_count"]
    assert made.measures[1].filters.items[0].values == (True,)


def test_nobodys_personal_data_is_in_a_quick_start():
    personal = {field.name for field in USAGE.fields if field.is_personal}
    for start in starts(USAGE).values():
        if start.kind is StartKind.QUICK:
            assert not personal & {*start.definition.columns, *(g.field for g in start.definition.groupings)}
