"""Downloading: the dialog, what it remembers, and how far a download is; the same choices in a schedule."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from core.domain.csv_options import CsvDateStyle, CsvNewline, CsvOptions
from core.domain.definition import Parameter
from core.domain.file_options import FileOptions, Orientation, PdfOptions, PdfStyle, XlsxOptions
from core.domain.run import RunPhase, RunProgress, RunState
from core.services.file_choices import UNCHANGED
from pages.widgets import export, export_status, file_state, keys, run_progress

from . import fake_data, fake_runs

REPORT = fake_data.make_id("Usage Summary")
LABELS = {"xlsx": "Excel workbook"}
EVERYTHING = FileOptions(
    csv=CsvOptions(
        bom=True,
        delimiter=";",
        decimal=",",
        date_style=CsvDateStyle.MONTH_FIRST,
        newline=CsvNewline.LF,
        gzip=True,
        raw=True,
    ),
    xlsx=XlsxOptions(cover=False, formulas=True, raw=True, template_id=REPORT),
    pdf=PdfOptions(style=PdfStyle.COVER, orientation=Orientation.LANDSCAPE),
    file_name="{report} {date}",
    zip=True,
)


@pytest.fixture
def pick(monkeypatch):
    """Choose an entry of the builder's download menu, which AppTest does not know, for this run and those after it.

    AppTest runs the whole script where a browser would run the dialog alone: the dialog is drawn again instead of
    being opened anew.
    """
    chosen: list[str | None] = [None]
    opened: list[str | None] = []

    def menu(label, options, **_):
        assert chosen[-1] in (None, *options), options
        return chosen[-1]

    def open_or_go_on(subject):
        if opened[-1:] == [chosen[-1]]:
            export._dialog()
        else:
            opened.append(chosen[-1])
            export.open_export(subject)

    def choose(entry):
        chosen.append(entry)
        opened.clear()

    monkeypatch.setattr("pages.widgets.actions.st.menu_button", menu)
    monkeypatch.setattr("pages.widgets.actions.open_export", open_or_go_on)
    return choose


def open_dialog(open_screen, pick):
    app = open_screen("builder.py", report=str(REPORT))
    pick("Choose how …")
    return app.run()


def shown(app):
    return " ".join(str(item.value) for item in app.markdown).replace("\\", "")


def newest(services):
    return list(services.runs.items.values())[-1]


@pytest.mark.parametrize("options", [FileOptions(), EVERYTHING], ids=["as usual", "everything"])
def test_the_form_gives_back_what_it_was_given(options):
    assert file_state.options_of(file_state.values_of(options)) == options


def test_a_download_is_made_as_the_dialog_says_and_the_next_one_starts_from_there(open_screen, services, pick):
    app = open_dialog(open_screen, pick)
    app.get_by_key(export._FORMATS).set_value(["csv", "pdf"]).run()
    app.selectbox(key="export_form_csv_delimiter").set_value(";").run()
    app.selectbox(key="export_form_pdf_style").set_value(PdfStyle.COVER).run()
    app.text_input(key="export_form_file_name").set_value("{report} of {date}").run()
    assert any("`Usage Summary of 2026-11-23.csv`" in item.value for item in app.caption)
    app.text_input(key="export_form_password").set_value("only in this file").run()
    app.button(key=export.START).click().run()
    run = newest(services)
    assert run.formats == ("csv", "pdf")
    assert (run.file_options.csv.delimiter, run.file_options.pdf.style) == (";", PdfStyle.COVER)
    assert (run.file_options.file_name, services.runs.passwords) == ("{report} of {date}", ["only in this file"])
    assert len([item for item in app.link_button if item.url.startswith("/d/")]) == 2
    pick("csv")
    app.run()
    pick(None)
    again = newest(services)
    assert (again.formats, again.file_options, services.runs.passwords[-1]) == (("csv",), run.file_options, None)
    app.run()
    pick("Choose how …")
    app.run()
    assert app.selectbox(key="export_form_csv_delimiter").value == ";"
    assert not app.text_input(key="export_form_password").value


def test_choices_of_a_format_appear_with_it(open_screen, pick):
    app = open_dialog(open_screen, pick)
    assert [item.key for item in app.selectbox if str(item.key).startswith("export_form")] == []
    assert {str(item.key) for item in app.toggle} >= {"export_form_xlsx_cover", "export_form_xlsx_formulas"}
    app.get_by_key(export._FORMATS).set_value([]).run()
    assert app.button(key=export.START).disabled


def test_what_cannot_be_is_said_in_the_dialog_and_nothing_starts(open_screen, services, pick):
    app = open_dialog(open_screen, pick)
    before = len(services.runs.items)
    app.text_input(key="export_form_file_name").set_value("{reprot}").run()
    app.button(key=export.START).click().run()
    assert "There is no {reprot}" in app.error[0].value
    assert len(services.runs.items) == before


def test_a_running_download_says_how_far_it_is_and_can_be_cancelled(open_screen, services):
    run = fake_runs.make_run("long", RunState.RUNNING, fake_data.NOW, ("xlsx",))
    progress = RunProgress(
        phase=RunPhase.WRITING,
        rows=120_000,
        rows_total=1_000_000,
        size_bytes=14_200_000,
        format="xlsx",
        at=fake_data.NOW,
    )
    run = services.runs.items[run.id] = replace(run, progress=progress)
    app = open_screen("builder.py", report=str(REPORT))
    app.session_state[export_status.RUN] = run.id
    app.run()
    bar = app.get("progress")[0].proto
    assert (bar.value, bar.text.replace("\\", "")) == (
        12,
        "Writing Excel workbook: 120,000 of 1,000,000 rows, 14.2 MB",
    )
    app.button(key="export_cancel").click().run()
    assert services.runs.items[run.id].state is RunState.CANCELLED


def test_a_run_in_full_says_how_far_it_is(open_screen, services):
    run_id = fake_data.make_id("run 3")
    progress = RunProgress(phase=RunPhase.READING, rows=2_000, rows_total=None, at=fake_data.NOW)
    services.runs.items[run_id] = replace(services.runs.items[run_id], progress=progress)
    app = open_screen("runs.py", run=str(run_id))
    assert "Reading: 2,000 rows" in shown(app)


@pytest.mark.parametrize(
    ("state", "progress", "words", "share"),
    [
        (RunState.PENDING, None, "Waiting for a worker", None),
        (RunState.RUNNING, None, "1,000 of 5,231 rows read.", None),
        (RunState.RUNNING, (RunPhase.READING, 5, 0), "Reading: 5 of 0 rows", None),
        (RunState.RUNNING, (RunPhase.READING, 30, 20), "Reading: 30 of 20 rows", 1.0),
        (RunState.RUNNING, (RunPhase.READING, 5, 20), "Reading: 5 of 20 rows", 0.25),
    ],
)
def test_how_far_a_run_is_in_words(state, progress, words, share):
    run = fake_runs.make_run("one", state, fake_data.NOW)
    if progress is not None:
        phase, rows, total = progress
        run = replace(run, progress=RunProgress(phase=phase, rows=rows, rows_total=total, at=fake_data.NOW))
    assert (run_progress.progress_words(run, LABELS), run_progress.progress_share(run)) == (words, share)


def test_a_schedule_keeps_how_its_files_are_made(open_screen, services):
    app = open_screen("schedule_form.py", report=str(REPORT))
    app.selectbox(key="schedule_files_pdf_orientation").set_value(Orientation.LANDSCAPE).run()
    app.toggle(key="schedule_files_zip").set_value(True).run()
    app.text_input(key="schedule_files_password").set_value("for the customers").run()
    app.button(key=keys.SCHEDULE_SAVE).click().run()
    made = list(services.schedules.items.values())[-1]
    assert made.file_options == FileOptions(pdf=PdfOptions(orientation=Orientation.LANDSCAPE), zip=True)
    assert services.schedules.passwords == ["for the customers"]


def test_a_saved_schedule_shows_its_choices_and_never_its_password(open_screen, services):
    schedule_id = fake_data.make_id("schedule Usage Summary")
    kept = replace(EVERYTHING, sealed_password="gAAAA-sealed")
    services.schedules.items[schedule_id] = replace(services.schedules.items[schedule_id], file_options=kept)
    app = open_screen("schedule_form.py", schedule=str(schedule_id))
    assert app.selectbox(key="schedule_files_pdf_style").value is PdfStyle.COVER
    assert app.text_input(key="schedule_files_password").placeholder == "The present one stays"
    assert "gAAAA" not in str(app.session_state["schedule_files"])
    app.button(key=keys.SCHEDULE_SAVE).click().run()
    assert services.schedules.items[schedule_id].file_options == EVERYTHING
    assert services.schedules.passwords == [UNCHANGED]


def test_a_password_is_taken_away_by_its_box(open_screen, services):
    schedule_id = fake_data.make_id("schedule Usage Summary")
    kept = FileOptions(sealed_password="gAAAA-sealed")
    services.schedules.items[schedule_id] = replace(services.schedules.items[schedule_id], file_options=kept)
    app = open_screen("schedule_form.py", schedule=str(schedule_id))
    app.checkbox(key="schedule_files_no_password").check().run()
    app.button(key=keys.SCHEDULE_SAVE).click().run()
    assert services.schedules.passwords == [None]


def test_a_name_that_cannot_be_is_said_beside_it_when_saved(open_screen, services):
    app = open_screen("schedule_form.py", report=str(REPORT))
    before = len(services.schedules.items)
    app.text_input(key="schedule_files_file_name").set_value("{x}").run()
    app.button(key=keys.SCHEDULE_SAVE).click().run()
    assert "There is no {x}" in app.error[0].value
    assert len(services.schedules.items) == before


def test_the_dialog_asks_what_a_saved_report_asks(open_screen, services, pick, monkeypatch):
    asked = replace(
        services.reports.items[REPORT].definition,
        parameters=(Parameter(name="country", label="Country", field="country"),),
    )
    services.reports.items[REPORT] = replace(services.reports.items[REPORT], definition=asked)
    drawn: list[str] = []
    monkeypatch.setattr(export, "parameter_inputs", lambda *_, key, **__: drawn.append(key) or {"country": ("Chile",)})
    seen = SimpleNamespace(given=None)
    monkeypatch.setattr(export, "start_export", lambda _p, subject, *_: setattr(seen, "given", subject.given))
    app = open_dialog(open_screen, pick)
    app.button(key=export.START).click().run()
    assert drawn
    assert seen.given == {"country": ("Chile",)}
