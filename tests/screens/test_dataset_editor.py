from dataclasses import replace

import pytest

from core.domain.catalog import ColumnDrift, Drift, Problem
from core.domain.definition import Aggregation
from core.domain.field import FieldType, NumberStyle
from core.domain.relation import Cardinality, CastStep
from core.errors import SourceUnavailable
from pages.widgets import catalog_words, keys
from pages.widgets import dataset_edits as edits
from pages.widgets.field_table import edit_cell

from . import fake_data
from .dataset_screen import at, dataset, draft, press, texts

USAGE = fake_data.USAGE


def test_a_label_is_edited_saved_and_undone(usage, services):
    assert usage.button(key=keys.DATASET_SAVE).disabled
    usage.text_input(key=keys.DATASET_LABEL).set_value("Sessions").run()
    press(usage, "dataset_undo")
    assert dataset(usage).label == "Product usage"
    press(usage, "dataset_redo")
    press(usage, keys.DATASET_SAVE)
    assert services.datasets.items[USAGE.id].label == "Sessions"
    assert "Version 2." in texts(usage)
    assert not draft(usage).is_changed


def test_what_is_true_of_the_whole_is_edited(orders):
    orders.text_input(key="dataset_row_noun").set_value("purchases").run()
    orders.text_input(key="dataset_folder").set_value("Sales").run()
    orders.get_by_key("dataset_time_field").set_value("").run()
    found = dataset(orders)
    assert (found.row_noun, found.folder, found.time_field, found.row_key) == ("purchases", "Sales", None, ("id",))


@pytest.mark.parametrize(
    ("column", "value", "part", "expected"),
    [
        ("label", " Turnover ", "label", "Turnover"),
        ("label", "", "label", "Revenue"),
        ("description", "Net of tax", "description", "Net of tax"),
        ("folder", "Money", "folder", "Money"),
        ("role", "Dimension", "is_measure", False),
        ("synonyms", "sales, turnover,", "synonyms", ("sales", "turnover")),
        ("personal", True, "is_personal", True),
        ("hidden", True, "is_hidden", True),
    ],
)
def test_a_cell_of_the_table_writes_one_part_of_a_field(column, value, part, expected, services, signed_in):
    changed = edit_cell(USAGE, "revenue", column, value)
    assert getattr(changed.field("revenue"), part) == expected
    assert [f for f in changed.fields if f.name != "revenue"] == [f for f in USAGE.fields if f.name != "revenue"]


def test_formats_are_written_in_the_table(services, signed_in):
    changed = edit_cell(edit_cell(USAGE, "revenue", "style", "Percent"), "revenue", "decimals", 1)
    assert changed.field("revenue").format.style is NumberStyle.PERCENT
    assert changed.field("revenue").format.decimals == 1
    assert edit_cell(USAGE, "revenue", "style", "23 Nov 2026") == USAGE
    assert edit_cell(USAGE, "revenue", "unit", "").field("revenue").format.unit is None


def test_another_type_becomes_a_step_and_the_first_type_takes_it_back(services, signed_in):
    changed = edit_cell(USAGE, "customer", "type", "Whole number")
    assert changed.steps == (CastStep(column="customer", type=FieldType.INTEGER),)
    assert changed.field("customer").type is FieldType.INTEGER
    assert changed.origin.columns
    assert edit_cell(changed, "customer", "type", "Text").steps == ()


def test_a_computed_field_is_checked_as_it_is_written(orders):
    press(orders, "dataset_compute")
    orders.text_input(key="dataset_computed_label").set_value("Net")
    orders.text_input(key="dataset_computed_expression").set_value("amount - nothing").run()
    assert "nothing" in texts(orders)
    assert orders.button(key="dataset_compute_done").disabled
    orders.text_input(key="dataset_computed_expression").set_value("amount / 2").run()
    assert "Gives number" in texts(orders)
    press(orders, "dataset_compute_done")
    made = dataset(orders).field("net")
    assert (made.expression, made.type) == ("amount / 2", FieldType.DECIMAL)
    press(orders, "dataset_uncompute_net")
    assert dataset(orders).field("net") is None


def test_joins_are_said_in_plain_words(orders):
    at(orders, "Joins")
    box = orders.get_by_key("dataset_cardinality_0")
    assert box.options[0] == "Each order has one customer; several may share it"
    box.set_value(Cardinality.ONE_TO_MANY).run()
    assert dataset(orders).joins[0].cardinality is Cardinality.ONE_TO_MANY
    assert "still count each order once" in texts(orders)
    orders.checkbox(key="dataset_required_0").set_value(True).run()
    assert dataset(orders).joins[0].is_required


def test_a_join_comes_with_its_fields_and_goes_with_them(orders):
    at(orders, "Joins")
    press(orders, "dataset_join")
    orders.selectbox(key="dataset_join_table").set_value("order_lines").run()
    assert orders.selectbox(key="dataset_join_left_key").value == "id"
    assert orders.selectbox(key="dataset_join_right_key").value == "order_id"
    assert orders.radio(key="dataset_join_cardinality").value is Cardinality.ONE_TO_MANY
    press(orders, "dataset_join_add")
    assert [join.name for join in dataset(orders).joins] == ["customer", "order_lines"]
    assert dataset(orders).field("order_lines_quantity").table == "order_lines"
    press(orders, "dataset_unjoin_1")
    assert dataset(orders).field("order_lines_quantity") is None


def test_a_measure_over_a_field_with_a_filter(orders):
    at(orders, "Measures")
    press(orders, "dataset_measure_add")
    assert dataset(orders).measures[0].measure.field == "amount"
    orders.text_input(key="dataset_measure_0_label").set_value("Paid revenue").run()
    orders.selectbox(key="dataset_measure_0_filters_add").set_value("status").run()
    orders.multiselect(key="dataset_measure_0_filters_0_values").set_value(["paid"]).run()
    made = dataset(orders).measures[0]
    assert (made.label, made.measure.filters.items[0].values) == ("Paid revenue", ("paid",))
    orders.selectbox(key="dataset_measure_0_aggregation").set_value(Aggregation.PERCENTILE).run()
    assert dataset(orders).measures[0].measure.percent == 90
    orders.selectbox(key="dataset_measure_0_aggregation").set_value(Aggregation.COUNT).run()
    assert dataset(orders).measures[0].measure.field is None


def test_a_ratio_of_two_measures_and_an_expression(orders):
    at(orders, "Measures")
    for _ in range(3):
        press(orders, "dataset_measure_add")
    orders.get_by_key("dataset_measure_2_way").set_value("A ratio of two measures").run()
    assert dataset(orders).measures[2].measure.expression == "[new_measure] / [new_measure_2]"
    assert "New measure divided by New measure 2" in texts(orders)
    orders.get_by_key("dataset_measure_2_way").set_value("An expression").run()
    orders.text_input(key="dataset_measure_2_expression").set_value("sum(amount) / count()").run()
    assert "Gives number" in texts(orders)
    press(orders, keys.DATASET_SAVE)
    assert not draft(orders).is_changed


def test_the_first_rows_are_shown_and_a_failing_source_is_said(orders, services):
    at(orders, "Preview")
    assert list(orders.dataframe[0].value.columns)[-1] == "customer_country"
    services.datasets.is_down = True
    press(orders, "dataset_again")
    assert "The source cannot be reached" in texts(orders)


def test_a_problem_stands_beside_its_place_and_leads_there(usage):
    broken = edits.add_computed(USAGE, "Net", FieldType.DECIMAL, "revenue - nothing")
    usage.session_state[keys.DATASET_DRAFTS][USAGE.id] = replace(draft(usage), dataset=broken)
    at(usage, "Preview")
    press(usage, keys.DATASET_SAVE)
    assert draft(usage).problems[0].place.startswith("fields[10]")
    assert "Fields · Net" in texts(usage)
    press(usage, "dataset_show_0")
    assert usage.session_state[keys.DATASET_TABS] == "Fields"
    press(usage, "dataset_uncompute_net")
    assert draft(usage).problems == ()


def test_breaking_changes_name_the_reports_and_ask(usage, services):
    services.datasets.breaks = ("Usage Summary", "Churn watch")
    usage.text_input(key=keys.DATASET_LABEL).set_value("Sessions").run()
    press(usage, keys.DATASET_SAVE)
    assert "Churn watch" in texts(usage)
    assert services.datasets.items[USAGE.id].label == "Product usage"
    press(usage, "dataset_confirm")
    assert services.datasets.is_confirmed
    assert services.datasets.items[USAGE.id].label == "Sessions"


def test_a_conflict_is_said_and_the_saved_one_can_be_opened(usage, services):
    usage.text_input(key=keys.DATASET_LABEL).set_value("Mine").run()
    services.datasets.items[USAGE.id] = replace(USAGE, label="Theirs", version=2)
    press(usage, keys.DATASET_SAVE)
    assert "Somebody saved version 2" in texts(usage)
    assert dataset(usage).label == "Mine"
    press(usage, "dataset_reload")
    assert usage.text_input(key=keys.DATASET_LABEL).value == "Theirs"


def test_who_uses_it_is_listed_and_new_columns_are_taken_over(usage, services):
    gone = ColumnDrift(column="minutes", table="usage_events", was="decimal", fields=("minutes",))
    services.datasets.found = Drift(missing=(gone,), added=("region", "team"))
    at(usage, "Used by")
    assert "Usage Summary" in [link.value for link in usage.page_link]
    assert usage.warning[0].value.count("is new") == 2
    assert "Minutes cannot be answered" in usage.warning[0].value
    press(usage, "dataset_refresh")
    assert dataset(usage).field("region") is not None
    assert "has every column" in texts(usage)


def test_changed_types_that_break_reports_are_asked_about(usage, services):
    services.datasets.found = Drift(changed=(ColumnDrift(column="pages", table="usage", was="integer", is_now="text"),))
    services.datasets.breaks = ("Usage Summary",)
    at(usage, "Used by")
    press(usage, "dataset_refresh")
    assert "whose type changed" in texts(usage)
    press(usage, "dataset_refresh_confirm")
    assert "has every column" in texts(usage)


def test_the_source_is_compared_once_and_again_when_asked(usage, services, monkeypatch):
    asked = []
    drift = services.datasets.drift
    monkeypatch.setattr(services.datasets, "drift", lambda *given: asked.append(given) or drift(*given))
    at(usage, "Used by").run()
    assert len(asked) == 1
    press(usage, "dataset_drift_again")
    assert len(asked) == 2


def test_a_field_whose_column_is_gone_can_be_taken_out(usage, services, monkeypatch):
    gone = ColumnDrift(column="revenue", table="usage", was="Number", fields=("revenue",))
    monkeypatch.setattr(services.datasets, "drift", lambda *_: Drift(missing=(gone,)))
    at(usage, "Used by")
    press(usage, "dataset_drop_gone")
    assert dataset(usage).field("revenue") is None
    assert draft(usage).is_changed


def test_a_source_that_refuses_leads_to_its_connection(usage, services, monkeypatch):
    def refuse(*_, **__):
        raise SourceUnavailable("The user 'reader' or the password is wrong.")

    monkeypatch.setattr(services.datasets, "preview", refuse)
    at(usage, "Preview")
    assert [error.value for error in usage.error] == ["The user 'reader' or the password is wrong."]


def test_certifying_is_one_switch(usage, services):
    usage.toggle(key="dataset_certified").set_value(True).run()
    assert services.datasets.items[USAGE.id].is_certified
    assert not draft(usage).is_changed


def test_a_dataset_in_use_is_not_deleted(usage, services):
    press(usage, "dataset_delete")
    press(usage, keys.DATA_DELETE)
    assert "is used by Usage Summary" in texts(usage)
    assert USAGE.id in services.datasets.items


@pytest.mark.parametrize(
    ("place", "tab", "name"),
    [
        ("fields[8].expression", "Fields", "Revenue"),
        ("fields", "Fields", ""),
        ("fields[99].name", "Fields", ""),
        ("row_key", "", ""),
        (None, "", ""),
    ],
)
def test_places_are_found(place, tab, name):
    assert catalog_words.place(USAGE, place) == (tab, name)
    assert Problem(place=place, message="x").place == place
