from dataclasses import replace

import pyarrow as pa
import pytest

from core.domain.catalog import RowSample
from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.filter import Condition, FilterGroup, Operator
from core.domain.relation import CastStep, ComputeStep, FilterStep, MapStep, PivotStep, RenameStep, SplitStep
from pages.widgets import catalog_words, keys

from . import fake_data
from .dataset_screen import at, dataset, draft, press, texts


@pytest.mark.parametrize("kind", catalog_words.STEPS, ids=lambda kind: kind.kind)
def test_every_kind_of_step_has_a_form_that_begins_with_a_guess(orders, kind, monkeypatch):
    picked = [kind]
    monkeypatch.setattr("streamlit.menu_button", lambda *_, **__: picked.pop() if picked else None)
    at(orders, "Steps")
    assert [type(step) for step in dataset(orders).steps] == [kind]
    assert catalog_words.STEPS[kind][0] in texts(orders)


def with_steps(app, *steps):
    app.session_state[keys.DATASET_DRAFTS][dataset(app).id] = replace(
        draft(app), dataset=replace(dataset(app), steps=steps)
    )
    app.session_state[keys.DATASET_STEP] = len(steps) - 1
    return at(app, "Steps")


def test_a_step_is_written_titled_moved_and_taken_out(orders):
    with_steps(
        orders,
        MapStep(column="status", into="status", values=()),
        RenameStep(column="shipped", into="shipped_on"),
    )
    orders.text_input(key="dataset_step_1_into").set_value("sent_on").run()
    orders.text_input(key="dataset_step_1_title").set_value("Nicer name").run()
    assert dataset(orders).steps[1] == RenameStep(column="shipped", into="sent_on", title="Nicer name")
    press(orders, "dataset_step_up_1")
    assert [type(step) for step in dataset(orders).steps] == [RenameStep, MapStep]
    press(orders, "dataset_step_drop_0")
    orders.text_area(key="dataset_step_0_values").set_value("p = Paid\no = Open").run()
    assert dataset(orders).steps[0].values == (("p", "Paid"), ("o", "Open"))


def test_a_filter_step_takes_conditions(orders):
    with_steps(orders, FilterStep(filters=fake_data.SUMMARY.filters))
    orders.selectbox(key="dataset_step_0_filters_add").set_value("amount").run()
    orders.number_input(key="dataset_step_0_filters_0_value_0").set_value(5.0).run()
    items = dataset(orders).steps[0].filters.items
    assert items == (Condition(field="amount", operator=Operator.AT_LEAST, values=(5,)),)
    press(orders, "dataset_step_0_filters_0_drop")
    assert dataset(orders).steps[0].filters.items == ()


def test_an_unfinished_step_takes_nothing_from_the_others(orders, services):
    unfinished = FilterStep(filters=FilterGroup(items=(Condition(field="status", operator=Operator.IS),)))
    with_steps(orders, unfinished, MapStep(column="status", into="status", values=()))
    assert "Write which values to replace, or fill in those it has." in texts(orders)
    assert "Rows before step 2" in texts(orders)
    assert list(orders.dataframe[0].value.columns)
    assert "amount" in orders.selectbox(key="dataset_step_1_column").options
    assert orders.multiselect(key="dataset_row_key").value == ["id"]
    press(orders, "dataset_step_drop_1")
    assert list(orders.dataframe[0].value.columns)
    press(orders, keys.DATASET_SAVE)
    saved = services.datasets.items[dataset(orders).id]
    assert saved.steps == (FilterStep(filters=FilterGroup()),)


@pytest.mark.parametrize(
    ("step", "values"),
    [
        (MapStep(column="status", into="status", values=()), (("open", "open"), ("paid", "paid"))),
        (PivotStep(keys=("id",), column="status", values=(), aggregation=Aggregation.COUNT), ("open", "paid")),
    ],
)
def test_values_that_a_column_has_are_filled_in(orders, services, monkeypatch, step, values):
    with_steps(orders, step)
    rows = RowSample(columns=(), table=pa.table({"status": ["paid", None, "open", "paid", "a=b,c"]}))
    monkeypatch.setattr(services.datasets, "preview", lambda *_, **__: rows)
    orders.session_state[keys.DATASET_MEMO] = {}
    press(orders, "dataset_step_0_find_values")
    assert dataset(orders).steps[0].values == values
    assert not [button for button in orders.button if button.key == "dataset_step_0_find_values"]


def test_another_column_takes_along_what_was_made_of_the_first(orders):
    with_steps(orders, MapStep(column="status", into="status", values=(("p", "Paid"),)))
    orders.selectbox(key="dataset_step_0_column").set_value("shipped").run()
    assert dataset(orders).steps == (MapStep(column="shipped", into="shipped", values=()),)
    with_steps(orders, SplitStep(column="status", separator="-", into=("status_1", "kind")))
    orders.selectbox(key="dataset_step_0_column").set_value("shipped").run()
    assert dataset(orders).steps[0].into == ("shipped_1", "kind")


def test_a_type_that_a_step_turned_is_taken_over(orders):
    with_steps(orders, CastStep(column="amount", type=FieldType.TEXT))
    assert "Of another type after the steps: Amount is text" in texts(orders)
    press(orders, "dataset_turn_fields")
    amount = dataset(orders).field("amount")
    assert (amount.type, amount.is_measure, amount.scale) == (FieldType.TEXT, False, None)
    assert "Of another type" not in texts(orders)


def test_saved_sql_is_shown_and_changed_with_its_columns(orders, services):
    made = services.datasets.draft_sql(None, dataset(orders).source_id, "SELECT 1 AS id")
    drafted = replace(dataset(orders), origin=made.origin)
    orders.session_state[keys.DATASET_DRAFTS][drafted.id] = replace(draft(orders), dataset=drafted)
    at(orders, "Steps")
    assert orders.text_area(key="dataset_sql").value == "SELECT 1 AS id"
    assert orders.button(key="dataset_sql_use").disabled
    orders.text_area(key="dataset_sql").set_value("SELECT 2 AS id").run()
    press(orders, "dataset_sql_use")
    assert dataset(orders).origin.sql == "SELECT 2 AS id"


def test_rows_after_a_step_are_shown_with_what_is_new(orders):
    with_steps(orders, ComputeStep(into="double", expression="amount * 2"))
    assert "Rows after step 1" in texts(orders)
    assert "double" in orders.dataframe[0].value.columns
    press(orders, "dataset_step_at_0")
    assert "double" not in orders.dataframe[0].value.columns


def test_a_new_column_becomes_a_field_on_a_click_and_a_lost_one_is_said(orders):
    with_steps(orders, RenameStep(column="shipped", into="sent_on"))
    at(orders, "Fields")
    assert "No fields yet: sent_on" in texts(orders)
    assert "Their column is gone after the steps: Shipped" in texts(orders)
    press(orders, "dataset_add_fields")
    press(orders, "dataset_drop_fields")
    assert dataset(orders).field("sent_on").column == "sent_on"
    assert dataset(orders).field("shipped") is None
