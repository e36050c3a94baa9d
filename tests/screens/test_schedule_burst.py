from dataclasses import replace

from core.domain.bursting import Burst, NoRows, Pair
from core.domain.field import FieldType
from pages.widgets import burst_state, keys
from pages.widgets import schedule_state as state

from . import fake_data

REPORT = fake_data.make_id("Usage Summary")
BURST = Burst(
    dataset_id=None,
    address="account",
    pairs=(Pair(recipient_field="account", report_field="account"),),
    name="account",
    no_rows=NoRows.SEND,
    cap=50,
)


def key(field):
    return f"{keys.SCHEDULE_FORM}_{field}"


def test_the_forms_values_give_back_what_was_saved():
    assert burst_state.burst_of(burst_state.values_in(BURST)) == BURST
    assert burst_state.burst_of(burst_state.values_in(None)) is None


def test_recipients_from_data_are_chosen_looked_at_and_saved(open_screen, services):
    app = open_screen("schedule_form.py", report=str(REPORT))
    app.get_by_key(key("whom")).set_value(burst_state.DATA).run()
    assert not app.exception
    report = services.reports.get(None, REPORT)
    dataset = services.catalog.dataset(None, report.definition.dataset_id)
    field = next(one.name for one in dataset.fields if one.type is FieldType.TEXT)
    app.selectbox(key=key("burst_address")).set_value(field).run()
    app.button(key=keys.BURST_LOOK).click().run()
    assert not app.exception
    assert "Say which field" in " ".join(item.value for item in app.error)
    app.selectbox(key=key("burst_mine_0")).set_value(field).run()
    app.selectbox(key=key("burst_theirs_0")).set_value(field).run()
    app.button(key=keys.BURST_LOOK).click().run()
    assert "1 recipient: 1 get their rows, 1 rows cannot be used." in [item.value for item in app.markdown]
    app.button(key=keys.SCHEDULE_SAVE).click().run()
    made = list(services.schedules.items.values())[-1]
    assert made.recipients == ()
    assert made.burst is not None
    assert len(made.burst.pairs) == 1


def test_a_saved_schedule_opens_with_its_recipients_from_data(open_screen, services):
    schedule_id = fake_data.make_id("schedule Usage Summary")
    items = services.schedules.items
    items[schedule_id] = replace(items[schedule_id], recipients=(), burst=replace(BURST, address="", pairs=()))
    app = open_screen("schedule_form.py", schedule=str(schedule_id))
    assert not app.exception
    assert app.get_by_key(key("whom")).value == burst_state.DATA
    assert state.draft_of(app.session_state[keys.SCHEDULE_VALUES], REPORT, "", {}).burst.cap == 50
