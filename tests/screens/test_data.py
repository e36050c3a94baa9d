from dataclasses import replace

import pytest

from core.domain.dataset import Source
from pages.widgets import keys

from . import fake_catalog, fake_data, fake_services

USAGE = fake_data.USAGE


def html(app):
    return " ".join(str(item.value) for item in app.html)


def texts(app):
    return " ".join(str(item.value) for kind in (app.caption, app.markdown, app.html, app.error) for item in kind)


def links(app):
    return [item.value for item in app.page_link]


def as_role(services, role):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal(role)


def test_datasets_are_listed_with_source_folder_mark_and_reports(open_screen, services):
    services.datasets.items[USAGE.id] = replace(USAGE, is_certified=True, folder="Product")
    app = open_screen("data.py")
    assert "Product usage" in links(app)
    assert all(word in html(app) for word in ("Shop", "Certified", ">Product<", '<div class="bs-num">3'))


def test_sources_say_what_they_connect_to_and_how_many_datasets_they_have(open_screen):
    app = open_screen("data.py")
    app.session_state[keys.DATA_TABS] = "Sources"
    app.run()
    assert "db.example.com" in html(app)
    assert '<div class="bs-num">1' in html(app)
    assert fake_catalog.PASSWORD not in str(app)


def test_search_finds_by_synonym_and_leads_to_the_dataset(open_screen, services):
    fields = tuple(replace(f, synonyms=("turnover",)) if f.name == "revenue" else f for f in USAGE.fields)
    services.datasets.items[USAGE.id] = replace(USAGE, fields=fields)
    app = open_screen("data.py")
    app.text_input(key=keys.DATA_SEARCH).set_value("turnover").run()
    assert links(app) == ["Product usage", "Revenue"]
    app.text_input(key=keys.DATA_SEARCH).set_value("zebra").run()
    assert "Nothing is called that" in texts(app)


def test_an_empty_installation_says_where_to_begin(open_screen, services):
    services.datasets.items.clear()
    services.sources.items.clear()
    app = open_screen("data.py")
    assert "Connect a source" in texts(app)
    as_role(services, "viewer")
    assert "A data administrator connects a source" in texts(app.run())


def test_a_reader_has_a_dictionary_and_no_way_to_change_it(open_screen, services):
    fields = (*USAGE.fields, replace(USAGE.fields[0], name="inner", label="Inner key", is_hidden=True))
    services.datasets.items[USAGE.id] = replace(USAGE, fields=fields)
    as_role(services, "viewer")
    app = open_screen("data.py")
    assert not {button.key for button in app.button} & {keys.DATA_NEW, keys.DATA_CONNECT, keys.DATA_UPLOAD}
    app = open_screen("dataset.py", dataset=str(USAGE.id))
    assert app.title[0].value == "Product usage"
    assert all(word in html(app) for word in ("Customer", "personal data", "Number, EUR"))
    assert "Inner key" not in html(app)
    assert not app.get("data_editor")
    assert not [button for button in app.button if button.key == keys.DATASET_SAVE]
    app.text_input(key=keys.DATASET_SEARCH).set_value("country").run()
    assert "Customer" not in html(app)


def form(app, **values):
    for name, value in values.items():
        app.get_by_key(f"{keys.SOURCE_FORM}_{name}").set_value(value)
    return app


def press(app, key):
    return app.button(key=key).click().run()


def test_a_connection_is_tested_in_the_exact_words_and_then_saved(open_screen, services):
    app = open_screen("source_form.py")
    form(app, name="Warehouse", postgresql_host="wh.example.com", postgresql_password="wrong")
    press(app, keys.SOURCE_TEST)
    assert app.error[0].value == "The user 'reader' or the password is wrong."
    form(app, postgresql_password=fake_catalog.PASSWORD, postgresql_port=6432)
    press(app, keys.SOURCE_TEST)
    assert app.success[0].value.startswith("It answers: PostgreSQL")
    press(app, keys.SOURCE_SAVE)
    made = list(services.sources.items.values())[-1]
    assert (made.name, made.connection["port"], made.connection["read_only"]) == ("Warehouse", 6432, True)
    assert services.sources.secrets[made.id] == {"password": fake_catalog.PASSWORD}
    assert app.title[0].value == "New dataset"
    assert fake_catalog.PASSWORD not in str(app.session_state.to_dict())


def test_what_is_wrong_stands_beside_its_field(open_screen, services):
    app = open_screen("source_form.py")
    form(app, name="Warehouse")
    press(app, keys.SOURCE_SAVE)
    assert [error.value for error in app.error] == ["Fill in the host."]
    assert len(services.sources.items) == 1


def test_a_kind_has_its_own_fields(open_screen, services):
    app = open_screen("source_form.py")
    app.radio(key=keys.SOURCE_KIND).set_value("duckdb").run()
    form(app, name="File", duckdb_path="sales.duckdb")
    press(app, keys.SOURCE_SAVE)
    made = list(services.sources.items.values())[-1]
    assert (made.kind, made.connection) == ("duckdb", {"path": "sales.duckdb"})


def test_a_saved_secret_is_never_shown_and_stays_when_left_empty(open_screen, services):
    app = open_screen("source_form.py", source=str(fake_catalog.SHOP.id))
    assert app.get_by_key(f"{keys.SOURCE_FORM}_postgresql_password").value == ""
    assert app.get_by_key(f"{keys.SOURCE_FORM}_postgresql_host").value == "db.example.com"
    press(app, keys.SOURCE_TEST)
    assert services.sources.tested[-1][1] == fake_catalog.SHOP.id
    form(app, name="Shop, live")
    press(app, keys.SOURCE_SAVE)
    assert services.sources.items[fake_catalog.SHOP.id].name == "Shop, live"
    assert services.sources.secrets[fake_catalog.SHOP.id] == {"password": fake_catalog.PASSWORD}


def test_a_source_that_changed_meanwhile_is_not_overwritten(open_screen, services):
    app = open_screen("source_form.py", source=str(fake_catalog.SHOP.id))
    services.sources.items[fake_catalog.SHOP.id] = replace(fake_catalog.SHOP, version=2)
    press(app, keys.SOURCE_SAVE)
    assert "Somebody changed it" in app.error[0].value
    assert services.sources.items[fake_catalog.SHOP.id].version == 2


def test_a_source_in_use_is_not_deleted_and_says_by_what_it_is_used(open_screen, services):
    app = open_screen("source_form.py", source=str(fake_catalog.SHOP.id))
    press(app, "source_form_delete_ask")
    press(app, keys.SOURCE_DELETE)
    assert "is used by Product usage" in texts(app)
    assert fake_catalog.SHOP.id in services.sources.items


CSV = b"Region,Amount\nNorth,10\nSouth,20\n"


def uploaded(open_screen, content=CSV, **query):
    app = open_screen("upload.py", **query)
    app.file_uploader[0].upload("sales_2026.csv", content).run()
    return app


def test_a_file_is_read_shown_and_kept(open_screen, services):
    app = uploaded(open_screen)
    assert "CSV, 0 B: 2 rows, 2 columns" in html(app)
    assert app.text_input(key=keys.UPLOAD_NAME).value == "Sales 2026"
    press(app, keys.UPLOAD_KEEP)
    made = list(services.datasets.items.values())[-1]
    assert (made.label, [field.name for field in made.fields]) == ("Sales 2026", ["region", "amount"])
    assert app.text_input(key=keys.DATASET_LABEL).value == "Sales 2026"


def test_a_file_is_read_otherwise_when_asked(open_screen):
    app = uploaded(open_screen, CSV.replace(b",", b";"))
    assert "1 column<" in html(app)
    app.get_by_key("upload_option_delimiter").set_value(";").run()
    assert "2 columns" in html(app)


def test_a_file_that_was_guessed_wrong_is_read_otherwise(open_screen):
    app = uploaded(open_screen, b"Region;Amount\nNorth;1,5\nSouth;2,5\n")
    assert "choose another delimiter" in app.error[0].value
    app.get_by_key("upload_option_delimiter").set_value("|").run()
    assert "1 column<" in html(app)
    app = uploaded(open_screen, b"Region;Amount\nNorth;1,5\nSouth;2\n")
    app.get_by_key("upload_option_skip_rows").set_value(1).run()
    assert "choose another delimiter" in app.error[0].value
    assert app.get_by_key("upload_option_skip_rows").value == 1
    app.get_by_key("upload_option_delimiter").set_value(";").run()
    assert "2 columns" in html(app)
    assert not app.error


def test_a_file_that_is_not_what_its_name_says_is_refused_in_words(open_screen):
    app = uploaded(open_screen, b"\0\1\2")
    assert app.error[0].value == "The file is no CSV: it holds bytes that no text has."
    assert not [button for button in app.button if button.key == keys.UPLOAD_KEEP]


@pytest.mark.parametrize(
    ("how", "done", "effect"),
    [
        ("Replace its rows", "replace", "take the place of all rows"),
        ("Add below its rows", "append", "come below those"),
    ],
)
def test_a_newer_file_says_its_effect_first(open_screen, services, how, done, effect):
    source = Source(
        id=fake_data.make_id("file"), organization_id=fake_data.ORGANIZATION, name="Sales", kind="file", connection={}
    )
    services.sources.items[source.id] = source
    app = uploaded(open_screen, source=str(source.id))
    app.get_by_key(keys.UPLOAD_HOW).set_value(how).run()
    assert effect in texts(app)
    assert not services.uploads.done
    press(app, keys.UPLOAD_KEEP)
    assert services.uploads.done[0][:2] == (done, source.id)


def test_a_table_is_found_among_many_and_becomes_a_draft_with_its_join(open_screen):
    app = open_screen("new_dataset.py")
    assert app.get("pagination")
    app.text_input(key=keys.NEW_DATASET_SEARCH).set_value("ordered").run()  # the name of a column
    assert "about 1,500 rows" in html(app)
    assert "Each row points to customers" in texts(app)
    press(app, "new_dataset_make")
    assert app.text_input(key=keys.DATASET_LABEL).value == "Orders"
    assert "1 join" in html(app)
    assert "Not saved yet" in html(app)


def test_saved_sql_is_for_those_with_the_permission(open_screen, services):
    app = open_screen("new_dataset.py")
    app.get_by_key(keys.NEW_DATASET_WAY).set_value("Write SQL").run()
    app.text_area(key=keys.NEW_DATASET_SQL).set_value("drop table orders")
    press(app, "new_dataset_sql_go")
    assert app.error[0].value == "Saved SQL is one SELECT."
    app.text_area(key=keys.NEW_DATASET_SQL).set_value("select id from orders")
    press(app, "new_dataset_sql_go")
    assert "From saved SQL in Shop" in html(app)


def test_without_the_permission_there_is_no_box_for_sql(open_screen, services):
    principal = fake_data.principal("data_admin")
    without = frozenset(one for one in principal.permissions if one != "write_sql")
    services.access.sessions[fake_services.TOKEN] = replace(principal, permissions=without)
    app = open_screen("new_dataset.py")
    assert app.title[0].value == "New dataset"
    assert not app.get("segmented_control")


def test_without_a_source_a_new_dataset_points_to_one(open_screen, services):
    services.sources.items.clear()
    assert "Connect one, or upload a file" in texts(open_screen("new_dataset.py"))
