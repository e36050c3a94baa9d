from dataclasses import replace

import pytest

from core.domain.filter import DateWindow, WindowKind
from core.domain.library import Level, Visibility
from pages.widgets import keys, report_sharing

from . import fake_data, fake_services
from .builder_moves import move

BOARD = str(fake_data.make_id("dashboard Usage board"))


def html(app):
    return " ".join(str(item.value) for item in app.html)


def press(app, key):
    return app.button(key=key).click().run()


def drawn(app):
    return app.session_state[keys.DASHBOARD_DRAFT].content


def board(services):
    return services.dashboards.items[fake_data.make_id("dashboard Usage board")]


def test_dashboards_are_listed_and_searched(open_screen):
    app = open_screen("dashboards.py")
    assert "Usage board" in [item.value for item in app.page_link]
    app.text_input(key=keys.DASHBOARDS_SEARCH).set_value("zebra").run()
    assert "No dashboard is called that" in app.markdown[-1].value


def test_a_dashboard_shows_its_tiles(open_screen):
    app = open_screen("dashboard.py", dashboard=BOARD)
    assert "<h2>Usage</h2><p>&lt;b&gt;Look&lt;/b&gt; at it.</p>" in html(app)
    assert "All rows" in html(app)
    assert len(app.metric) >= 1
    assert len(app.dataframe) == 1


def test_a_tile_that_fails_harms_no_other(open_screen, services):
    services.dashboards.broken.add("rows")
    app = open_screen("dashboard.py", dashboard=BOARD)
    assert "The source does not answer." in html(app)
    assert len(app.metric) >= 1


def test_a_link_sets_filters_and_says_what_it_cannot(open_screen, services):
    query = {"dashboard": BOARD, "f.feature": "Search", "f.when": "2026-11-01..2026-11-07", "f.land": "x"}
    app = open_screen("dashboard.py", **query)
    window = services.dashboards.given["when"]
    assert (window.kind, str(window.first_on)) == (WindowKind.BETWEEN, "2026-11-01")
    assert services.dashboards.given["feature"] == ("Search",)
    assert isinstance(window, DateWindow)
    assert any("no filter land" in item.value for item in app.warning)
    assert any("Not filtered by Feature, When" in item.value for item in app.caption)


def test_one_click_makes_a_file(open_screen, services, monkeypatch):
    monkeypatch.setattr("streamlit.menu_button", lambda label, *_, **__: "PDF" if label == "Download report" else None)
    open_screen("dashboard.py", dashboard=BOARD)
    assert services.runs.dashboards == [(fake_data.make_id("dashboard Usage board"), "pdf")]


def test_tiles_are_moved_and_saved(open_screen, services):
    app = press(open_screen("dashboard.py", dashboard=BOARD), keys.DASHBOARD_EDIT)
    press(app, "dashboard_left_rows")
    press(app, "dashboard_remove_note")
    assert [tile.id for tile in board(services).content.in_order] == ["note", "figures", "rows"]
    press(app, keys.DASHBOARD_SAVE)
    assert not app.exception
    assert [tile.id for tile in board(services).content.in_order] == ["rows", "figures"]
    assert board(services).version == 2


def test_a_drag_is_one_step_that_can_be_undone(open_screen, services):
    app = press(open_screen("dashboard.py", dashboard=BOARD), keys.DASHBOARD_EDIT)
    before = [tile.id for tile in board(services).content.in_order]
    move(app, "put", before[-1], key=keys.DASHBOARD_DRAG, by=before[0], side="above")
    assert [tile.id for tile in drawn(app).in_order] == [before[-1], *before[:-1]]
    move(app, "size", before[0], key=keys.DASHBOARD_DRAG, width=5, height="tall")
    assert next(tile for tile in drawn(app).tiles if tile.id == before[0]).width == 5
    for sent in ({"side": "inside", "by": before[0]}, {"width": "wide", "height": "tall"}, {}):
        move(app, "put" if "by" in sent else "size", before[-1], key=keys.DASHBOARD_DRAG, **sent)
    press(press(app, keys.DASHBOARD_UNDO), keys.DASHBOARD_UNDO)
    assert [tile.id for tile in drawn(app).in_order] == before
    assert app.button(key=keys.DASHBOARD_UNDO).disabled
    press(app, keys.DASHBOARD_REDO)
    assert drawn(app).in_order[0].id == before[-1]
    assert not app.exception


@pytest.mark.parametrize(
    ("adding", "asked"),
    [
        (keys.DASHBOARD_ADD_TEXT, "dashboard_text_new"),
        (keys.DASHBOARD_ADD_REPORT, keys.DASHBOARD_REPORT),
        (keys.DASHBOARD_ADD_KPI, keys.DASHBOARD_REPORT),
        (keys.DASHBOARD_ADD_FILTER, "dashboard_filter_label_new"),
    ],
)
def test_what_is_added_is_asked_for(open_screen, adding, asked):
    app = press(open_screen("dashboard.py", dashboard=BOARD), keys.DASHBOARD_EDIT)
    press(app, adding)
    assert not app.exception
    assert asked in [item.key for item in (*app.text_area, *app.text_input, *app.selectbox)]


def test_a_new_one_needs_a_name(open_screen, services):
    app = open_screen("dashboards.py")
    press(app, keys.DASHBOARDS_NEW)
    app.switch_page("dashboard.py").run()
    press(app, keys.DASHBOARD_SAVE)
    assert "Give the dashboard a name." in [item.value for item in app.error]
    app.text_input(key=keys.DASHBOARD_NAME).set_value("Mornings").run()
    press(app, keys.DASHBOARD_SAVE)
    assert "Mornings" in [item.name for item in services.dashboards.items.values()]


def test_somebody_elses_save_is_not_overwritten(open_screen, services):
    app = press(open_screen("dashboard.py", dashboard=BOARD), keys.DASHBOARD_EDIT)
    services.dashboards.items[board(services).id] = replace(board(services), version=2)
    press(app, "dashboard_remove_note")
    press(app, keys.DASHBOARD_SAVE)
    assert any("Somebody saved another version" in item.value for item in app.error)
    assert len(board(services).content.tiles) == 3


@pytest.mark.parametrize(("role", "shown"), [("viewer", False), ("editor", True)])
def test_only_who_may_edit_is_offered_to(open_screen, services, role, shown):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal(role)
    app = open_screen("dashboard.py", dashboard=BOARD)
    assert (keys.DASHBOARD_EDIT in [item.key for item in app.button]) is shown
    assert len(app.dataframe) == 1


def test_who_may_only_look_is_offered_no_change(open_screen, services):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal("editor")
    shared = {"owner_id": fake_data.make_id("grace"), "visibility": Visibility.SHARED, "granted": Level.VIEW}
    services.dashboards.items[board(services).id] = replace(board(services), **shared)
    app = open_screen("dashboard.py", dashboard=BOARD)
    assert keys.DASHBOARD_EDIT not in [item.key for item in app.button]
    assert app.button(key=keys.DASHBOARD_SHARE).label == "Who sees it"
    press(app, keys.DASHBOARD_SHARE)
    assert "Its owner and administrators can change this." in [item.value for item in app.caption]
    assert keys.REPORT_GO not in [item.key for item in app.button]
    assert "Shared with some" in html(open_screen("dashboards.py"))


def test_the_owner_says_who_sees_it(open_screen, services, monkeypatch):
    """AppTest runs the whole script where a browser would run a dialog alone: it has to be opened each time."""
    opened = []

    def stay_open(dashboard):
        (report_sharing._dashboard_sharing if opened else open_sharing)(dashboard)
        opened.append(dashboard)

    open_sharing = report_sharing.open_sharing
    monkeypatch.setattr(report_sharing, "open_sharing", stay_open)
    monkeypatch.setattr("pages.widgets.rows.menu", lambda key, options: "Share …" if "Share …" in options else None)
    services.dashboard_sharing.pauses = ("Every Monday",)
    app = open_screen("dashboards.py")
    app.segmented_control(key=keys.REPORT_VISIBILITY).set_value(Visibility.PRIVATE).run()
    assert "Every Monday" in app.warning[0].value
    press(app, keys.REPORT_GO)
    assert services.dashboard_sharing.kept[board(services).id].visibility is Visibility.PRIVATE
    assert not services.sharing.kept


def test_a_dashboard_that_is_gone_is_said(open_screen):
    app = open_screen("dashboard.py", dashboard=str(fake_data.make_id("nothing")))
    assert len(app.error) == 1


def test_full_screen_hides_the_rest(open_screen):
    app = open_screen("dashboard.py", dashboard=BOARD, full="1")
    assert keys.DASHBOARD_EDIT not in [item.key for item in app.button]
    assert press(app, keys.DASHBOARD_FULL).query_params.get("full") is None


def test_it_is_scheduled_with_its_filters(open_screen, services):
    app = open_screen("schedule_form.py", dashboard=BOARD)
    assert app.selectbox(key=keys.SCHEDULE_DASHBOARD).value == fake_data.make_id("dashboard Usage board")
    before = set(services.schedules.items)
    press(app, keys.SCHEDULE_SAVE)
    (made,) = [item for key, item in services.schedules.items.items() if key not in before]
    assert (made.report_id, made.dashboard_id) == (None, fake_data.make_id("dashboard Usage board"))
