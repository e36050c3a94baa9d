from dataclasses import replace
from types import SimpleNamespace

import pytest

from core.domain.definition import Grouping
from core.domain.library import GrantKind, Level, Visibility
from core.errors import DatabaseUnavailable
from pages.widgets import keys, report_sharing

from . import fake_data, fake_library, fake_services

SUMMARY = fake_data.make_id("Usage Summary")
CHURN = fake_data.make_id("Churn watch")


def drafts(app):
    return app.session_state[keys.DRAFTS][app.session_state[keys.DRAFT]]


def links(app):
    return [item.value for item in app.page_link]


def said(app):
    return " ".join(str(item.value) for item in (*app.html, *app.markdown, *app.caption, *app.warning))


@pytest.fixture
def choose(monkeypatch):
    """Choose an entry of a report's menu until another one is chosen.

    AppTest runs the whole script where a browser would run a dialog alone: its menu has to be chosen again.
    """
    wanted = {}
    opened = []

    def menu(key, options):
        return wanted[key] if wanted.get(key) in options else None

    def open_or_go_on(line):
        (report_sharing._sharing if opened else report_sharing.open_sharing)(line)
        opened.append(line)

    def choose_it(app, report_id, entry):
        wanted.clear()
        wanted[f"reports_menu_{report_id}"] = entry
        return app.run()

    monkeypatch.setattr("pages.widgets.rows.menu", menu)
    monkeypatch.setattr("pages.widgets.report_lines.report_sharing", SimpleNamespace(open_sharing=open_or_go_on))
    return choose_it


def test_a_star_makes_a_favourite_that_waits_at_home(open_screen, services):
    app = open_screen()
    app.button(key=f"reports_star_off_{CHURN}").click().run()
    assert services.library.favourites == {CHURN}
    app.segmented_control(key=keys.REPORTS_WHICH).set_value("Favourites").run()
    assert links(app) == ["Churn watch"]
    home = open_screen("home.py")
    assert "Churn watch" in links(home)


def test_several_reports_move_to_a_new_folder_at_once(open_screen, services):
    app = open_screen()
    for report_id in (SUMMARY, CHURN):
        app.checkbox(key=f"reports_tick_{report_id}").check()
    app.run()
    app.button(key="reports_bulk_move").click().run()
    app.text_input(key=keys.REPORT_NEW_FOLDER).set_value("Board")
    app.button(key="reports_bulk_move").click()  # the dialog stays open in a browser
    app.button(key=keys.REPORT_GO).click().run()
    folder = next(iter(services.library.folders))
    assert {one for one, changed in services.library.changes.items() if changed["folder_id"] == folder} == {
        SUMMARY,
        CHURN,
    }
    assert not app.checkbox(key=f"reports_tick_{SUMMARY}").value
    app.selectbox(key=keys.REPORTS_FOLDER).set_value(str(folder)).run()
    assert sorted(links(app)) == ["Churn watch", "Usage Summary"]


def test_tags_are_written_in_the_menu_of_a_report(open_screen, services, choose):
    app = choose(open_screen(), CHURN, "Tags …")
    app.multiselect(key=keys.REPORT_TAGS).set_value(["monthly"])
    app.button(key=keys.REPORT_GO).click().run()
    assert services.library.changes[CHURN]["tags"] == ("monthly",)
    assert "#monthly" in said(app)


def test_the_archive_says_which_schedules_it_pauses_and_gives_back(open_screen, services, choose):
    app = choose(open_screen(), SUMMARY, "Archive …")
    assert "Usage Summary, regularly" in app.warning[0].value
    assert "paused" in app.warning[0].value
    app.button(key=keys.REPORT_GO).click().run()
    assert "Usage Summary" not in links(app)
    app.segmented_control(key=keys.REPORTS_WHICH).set_value("Archive").run()
    assert "Usage Summary" in said(app)
    choose(app, SUMMARY, "Bring back")
    assert SUMMARY in services.reports.items


def test_what_is_used_is_not_deleted_and_says_by_what(open_screen, services, choose):
    app = choose(open_screen(), SUMMARY, "Delete …")
    assert "Usage Summary, regularly" in app.warning[0].value
    assert app.button(key=keys.REPORT_GO).disabled


@pytest.mark.parametrize(("role", "shown"), [("viewer", False), ("editor", True)])
def test_only_who_may_change_reports_is_offered_to(open_screen, services, monkeypatch, role, shown):
    offered = set()
    monkeypatch.setattr("pages.widgets.rows.menu", lambda _key, options: offered.update(options))
    services.access.sessions[fake_services.TOKEN] = fake_data.principal(role)
    app = open_screen()
    assert ("Move …" in offered) is shown
    assert bool(app.checkbox) is shown
    assert ("Share …" in offered) is shown


def test_a_report_is_shared_with_a_group_that_may_change_it(open_screen, services, choose):
    services.sharing.pauses = ("Every Monday",)
    app = choose(open_screen(), CHURN, "Share …")
    app.segmented_control(key=keys.REPORT_VISIBILITY).set_value(Visibility.SHARED).run()
    app.selectbox(key=keys.REPORT_GRANT_WHO).set_value(fake_library.BOARD).run()
    level = f"report_grant_level_{fake_library.BOARD.id}"
    app.segmented_control(key=level).set_value(Level.EDIT).run()
    assert "Every Monday" in app.warning[0].value
    app.button(key=keys.REPORT_GO).click().run()
    kept = services.sharing.kept[CHURN]
    assert kept.visibility is Visibility.SHARED
    assert [(one.kind, one.level) for one in kept.grants] == [(GrantKind.GROUP, Level.EDIT)]


def test_versions_say_what_changed_and_one_comes_back(open_screen, services, choose):
    report = next(item for item in services.reports.items.values() if item.version > 2)
    changed = replace(report.definition, groupings=(Grouping(field="country"),))
    services.reports.items[report.id] = replace(report, definition=changed)
    app = choose(open_screen(), report.id, "Versions …")
    assert "Filter added: Country is &quot;Chile&quot;" in said(app)
    app.selectbox(key=keys.REPORT_VERSION_BEFORE).set_value(1).run()
    assert f"Rows: at most {report.version} instead of 1" in said(app)
    app.button(key="report_restore_chosen").click().run()
    assert services.versions.restored == [1]


def conflicting(open_screen, services):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.text_input(key=keys.BUILDER_NAME).set_value("Mine").run()
    theirs = replace(fake_data.SUMMARY, limit=7)
    services.reports.save(None, SUMMARY, name="Theirs", definition=theirs)
    app.button(key="builder_save").click().run()
    assert "What they changed" in said(app)
    app.session_state[keys.REPORT_CONFLICT] = "Grace saved it."  # the dialog stays open in a browser
    return app


def test_the_second_to_save_looks_at_what_the_first_changed(open_screen, services):
    app = conflicting(open_screen, services)
    app.button(key="report_conflict_theirs").click().run()
    assert drafts(app).definition.limit == 7


def test_the_second_to_save_goes_on_as_the_next_version(open_screen, services):
    app = conflicting(open_screen, services)
    before = services.reports.items[SUMMARY].version
    app.button(key="report_conflict_mine").click().run()
    assert services.reports.items[SUMMARY].version == before + 1
    assert services.reports.items[SUMMARY].name == "Mine"


def test_the_second_to_save_keeps_theirs_beside(open_screen, services):
    app = conflicting(open_screen, services)
    app.button(key="report_conflict_new").click().run()
    assert services.reports.items[SUMMARY].name == "Theirs"
    assert "Mine (mine)" in {item.name for item in services.reports.items.values()}


def test_home_shows_what_arrived_what_failed_and_what_runs_next(open_screen):
    app = open_screen("home.py")
    shown = said(app)
    assert "The source did not answer" in shown
    assert "Usage Summary, regularly" in links(app)
    assert "Three steps" in shown


def test_the_tour_goes_for_good(open_screen, services):
    app = open_screen("home.py")
    app.button(key=keys.HOME_TOUR_DONE).click().run()
    assert services.home.is_tour_done
    assert "Three steps" not in said(app)


def test_an_empty_home_says_what_fills_it(open_screen, services):
    services.home.is_empty = True
    shown = said(open_screen("home.py"))
    for words in ("Press the star", "No report is yours yet", "are listed here", "Nothing is planned"):
        assert words in shown


def test_the_masthead_searches_everything(open_screen):
    app = open_screen("schedules.py")
    app.text_input(key=keys.SHELL_SEARCH).set_value("revenue").run()
    app.switch_page("search.py").run()  # AppTest forgets the page that the script went to
    assert links(app) == ["Revenue by country", "Product usage"]
    assert "in a field" in said(app)


def test_search_says_when_nothing_is_found(open_screen):
    assert "Nothing is like that" in said(open_screen("search.py", q="zebra"))
    assert "What are you looking for?" in said(open_screen("search.py"))


@pytest.mark.parametrize(
    ("screen", "service", "method"),
    [("home.py", "home", "load"), ("reports.py", "library", "shelves"), ("search.py", "search", "find")],
)
def test_a_screen_says_what_is_wrong(open_screen, services, monkeypatch, screen, service, method):
    def broken(*_args, **_named):
        raise DatabaseUnavailable

    monkeypatch.setattr(getattr(services, service), method, broken)
    app = open_screen(screen)
    assert app.error
