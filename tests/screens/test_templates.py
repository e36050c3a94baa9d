"""The templates screen: bringing a workbook, what is told of it, replacing, deleting, and starting from a report."""

import pytest

from pages.widgets import keys
from pages.widgets.template_list import DELETE, LOOK, NEWER

from . import fake_data, fake_services
from .dataset_screen import press

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def kept(services: fake_services.FakeBroadsheet):
    return services.templates.create(fake_data.principal("editor"), "Monthly letter", "letter.xlsx", b"PK1")


def again(app):
    """In a browser a dialog stays open by itself; here the button that opened it is pressed with every step."""
    app.button(key=keys.TEMPLATES_NEW).click()
    return app


def give(app, content: bytes = b"PK2", name: str = "sales 2026.xlsx"):
    return app.file_uploader[0].set_value((name, content, XLSX)).run()


def said(app) -> str:
    """All words, without the escapes of Markdown."""
    words = " ".join(item.value for item in (*app.markdown, *app.warning, *app.error, *app.caption))
    return words.replace("\\", "")


def test_without_templates_the_screen_says_how_to_begin(open_screen) -> None:
    app = open_screen("templates.py")
    assert "No templates yet" in said(app)


def test_a_workbook_is_shown_before_it_is_kept(open_screen, services) -> None:
    app = open_screen("templates.py")
    press(app, keys.TEMPLATES_NEW)
    give(again(app))
    assert "Orders, Report!B10:D11" in said(app)
    assert "broadsheet.tilte (Report!B3) is no name that is filled." in said(app)
    assert "Not kept: sparklines." in said(app)
    tables = [table.value.to_dict("list") for table in app.dataframe]
    assert tables[0]["Filled with"] == ["the report's Country", "the report's Revenue", "its own formula, in every row"]
    assert tables[1]["Cell"] == ["Report!B2"]
    assert app.text_input(key=keys.TEMPLATE_NAME).value == "sales 2026"
    assert not services.templates.items
    press(again(app), keys.TEMPLATE_KEEP)
    assert [one.name for one in services.templates.items.values()] == ["sales 2026"]


def test_a_workbook_that_cannot_be_filled_is_not_kept(open_screen) -> None:
    app = open_screen("templates.py")
    press(app, keys.TEMPLATES_NEW)
    give(again(app), b"no")
    assert "holds macros" in said(app)
    assert keys.TEMPLATE_KEEP not in {button.key for button in app.button}


def test_a_name_that_is_taken_is_said_in_the_dialog(open_screen, kept) -> None:
    app = open_screen("templates.py")
    press(app, keys.TEMPLATES_NEW)
    give(again(app))
    app.text_input(key=keys.TEMPLATE_NAME).set_value(kept.name)
    press(again(app), keys.TEMPLATE_KEEP)
    assert "There is a template called Monthly letter already." in said(app)


def test_a_list_says_how_much_is_filled(open_screen, services, kept) -> None:
    services.templates.using[kept.id] = ["Every Monday"]
    app = open_screen("templates.py")
    assert "Monthly letter" in said(app)
    html = " ".join(item.proto.body for item in app.get("html"))
    assert "1 name, 2 columns" in html
    assert "1 schedule" in html  # on a phone there is no heading above it


@pytest.mark.parametrize("action", [LOOK, NEWER, DELETE])
def test_actions_open_their_dialogs(open_screen, services, kept, action, monkeypatch) -> None:
    services.templates.using[kept.id] = ["Every Monday"]
    monkeypatch.setattr("pages.widgets.rows.menu", lambda key, options: action if str(kept.id) in key else None)
    app = open_screen("templates.py")
    if action == LOOK:
        assert "Filled by Every Monday." in said(app)
    elif action == NEWER:
        give(app, b"PK3", "newer.xlsx")
        press(app, keys.TEMPLATE_KEEP)
        assert services.templates.contents[kept.id] == b"PK3"
    else:
        press(app, keys.TEMPLATE_DELETE)
        assert "Schedules fill this template: Every Monday." in said(app)
        assert kept.id in services.templates.items


def test_viewers_do_not_see_the_screen(monkeypatch, open_screen, services) -> None:
    services.access.sessions[fake_services.TOKEN] = fake_data.principal("viewer")
    app = open_screen("templates.py")
    assert "permission" in said(app)
    assert not app.file_uploader
