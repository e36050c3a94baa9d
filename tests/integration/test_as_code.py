"""A workspace as files: what is written, what applying makes of it, and what is refused with its file and line."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import jsonschema
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from typer.testing import CliRunner

from core.bootstrap import prepare
from core.clock import FixedClock
from core.commands import app
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.errors import Conflict, InvalidInput
from core.services import demo_workspace
from core.services.as_code.folder import read_folder
from core.services.as_code.yaml_text import read_yaml
from core.services.schedules import ScheduleService
from core.settings import Settings
from tests.conftest import Tenant
from tests.integration.as_code_parts import (
    DUMPED_SECRETS,
    RICH,
    SECRETS,
    Opener,
    Workspace,
    make_demo_tables,
    opener,
    texts,
    write,
)

ADMIN = "admin@example.com"
SUMMARY = "reports/usage-summary.yaml"
MONDAYS = "schedules/usage-summary-every-monday.yaml"
SHOP = {
    "sources/demo.yaml": "name: Demo\nkind: duckdb\nconnection: {path: demo/demo.duckdb}\n",
    "datasets/customers.yaml": (
        "name: customers\nlabel: Customers\nsource: Demo\norigin: {table_name: customers}\n"
        "fields:\n"
        "  - {name: country, label: Country, type: text}\n"
        "  - {name: segment, label: Segment, type: text}\n"
    ),
    "reports/countries.yaml": (
        "name: Countries\ndescription: Where they live.\ndataset: customers\n"
        "definition:\n  columns: [country]\n  limit: 10\n"
    ),
    "schedules/daily.yaml": (
        "name: Daily\nreport: Countries\nformats: [csv]\nrecipients: [{type: email, value: bob@example.org}]\n"
        "schedule_config: {cadence: daily, timezone: UTC}\n"
    ),
}
TABLES = ("sources", "datasets", "reports", "report_versions", "dashboards", "schedules", "groups", "calendars")


def settings_over(url: URL, data_dir: Path) -> Settings:
    make_demo_tables(data_dir)
    return Settings(
        _env_file=None,
        data_dir=data_dir,
        database_url=url.render_as_string(hide_password=False),
        secret_key="a secret key of the tests, long enough",
        admin_email=ADMIN,
        allow_private_hosts=("127.0.0.1",),
    )


@pytest.fixture
def open_it(clock: FixedClock, tmp_path: Path) -> Iterator[Opener]:
    with ExitStack() as stack:
        yield opener(stack, clock, tmp_path)


@pytest.fixture
def empty_settings(database_urls: DatabaseUrls, make_organization: Callable[..., Tenant], tmp_path: Path) -> Settings:
    make_organization(email=ADMIN)
    return settings_over(database_urls.app, tmp_path / "data")


@pytest.fixture
def empty(empty_settings: Settings, open_it: Opener) -> Workspace:
    """An installation with an administrator and nothing else."""
    return open_it(empty_settings, "files")


@pytest.fixture
def demo(
    database_urls: DatabaseUrls,
    database_copy: DatabaseUrls,
    clock: FixedClock,
    tmp_path: Path,
    open_it: Opener,
    monkeypatch: pytest.MonkeyPatch,
) -> Workspace:
    """The demo workspace, in another installation: a copy of the database, made while that is empty."""
    assert database_copy.owner is not None
    monkeypatch.setattr(demo_workspace, "refresh_demo_data", lambda *_: False)
    settings = settings_over(database_copy.owner, tmp_path / "demo-data")
    prepare(settings, clock)
    return open_it(settings, "demo")


def counts(database: Database, empty: Workspace) -> dict[str, int]:
    with database.organization(empty.principal.organization_id) as session:
        return {table: session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in TABLES}


def check_schemas(files: Mapping[str, str]) -> None:
    """What is written is what editors are told to expect."""
    for name, words in files.items():
        if name.endswith(".yaml"):
            schema = words.splitlines()[0].partition("$schema=../")[2]
            jsonschema.Draft202012Validator(json.loads(files[schema])).validate(read_yaml(words).data)


def test_a_workspace_moves_to_an_empty_installation_and_is_the_same_there(demo: Workspace, empty: Workspace) -> None:
    assert len(demo.dump().written) > 20
    write(demo.folder, RICH)
    demo.environment |= SECRETS
    added = demo.apply()
    assert (added.problems, len(added.changes)) == ((), len(RICH))
    assert not demo.apply().changes
    for name in RICH:
        (demo.folder / name).unlink()
    demo.dump()
    first = texts(demo.folder)
    check_schemas(first)
    assert not [name for name, words in first.items() if "planted" in words]
    assert (demo.dump().written, demo.dump().removed) == ((), ())

    refused = empty.apply(demo.folder)
    assert {problem.file for problem in refused.problems} == {
        "destinations/hook.yaml",
        "sources/warehouse.yaml",
    }
    empty.environment |= DUMPED_SECRETS
    made = empty.apply(demo.folder)
    assert made.problems == ()
    assert {str(change.action) for change in made.changes} == {"create"}
    empty.dump()
    assert texts(empty.folder) == first
    again = empty.apply(demo.folder)
    assert (again.changes, again.unchanged) == ((), len(made.changes))

    empty.environment["SCHEDULE_HOOKED_PASSWORD"] = "another one now"
    changed = empty.apply(demo.folder)
    assert [change.differences for change in changed.changes] == [("secrets.password: another one",)]
    assert not empty.apply(demo.folder).changes


@pytest.fixture
def shop(empty: Workspace) -> Workspace:
    """A small workspace that its files made."""
    write(empty.folder, SHOP)
    empty.environment |= SECRETS
    made = empty.apply()
    assert made.problems == ()
    return empty


def test_one_word_is_one_change_and_applying_twice_changes_nothing(shop: Workspace, database: Database) -> None:
    shop.change("reports/countries.yaml", "Where they live.", "Where they dwell.")
    before = counts(database, shop)
    (change,) = shop.plan().changes
    assert (change.action, change.file) == ("change", "reports/countries.yaml")
    assert change.differences == ('description: "Where they live." -> "Where they dwell."',)
    assert counts(database, shop) == before
    assert shop.apply(expected=shop.plan()).changes == (change,)
    assert counts(database, shop)["report_versions"] == before["report_versions"] + 1
    assert (shop.apply().changes, shop.apply().unchanged) == ((), 4)
    assert counts(database, shop)["report_versions"] == before["report_versions"] + 1


def test_a_new_schedule_rests_unless_its_file_says_otherwise(shop: Workspace, database: Database) -> None:
    def state() -> list[bool]:
        with database.organization(shop.principal.organization_id) as session:
            return list(session.execute(text("SELECT is_active FROM schedules")).scalars())

    assert state() == [False]
    shop.change("schedules/daily.yaml", "formats: [csv]", "formats: [csv]\nis_active: true")
    shop.apply()
    assert state() == [True]
    shop.change("schedules/daily.yaml", "\nis_active: true", "")
    shop.apply()
    assert state() == [True], "left out, it stays as it is"


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_saved(shop: Workspace, database: Database) -> None:
    shop.change("reports/countries.yaml", "[country]", "[country, planet]")
    write(
        shop.folder,
        {
            "reports/broken.yaml": "name: Broken\ndataset: nowhere\ndefinition: {columns: [country]}\n",
            "reports/typed.yaml": "name: 3\ndataset: customers\ncolour: red\ndefinition: {columns: country}\n",
            "schedules/never.yaml": SHOP["schedules/daily.yaml"]
            .replace("daily,", "sometimes,")
            .replace("Daily", "Never"),
            "sources/open.yaml": "name: Open\nkind: duckdb\nsecrets: {password: planted-in-the-file}\n",
            "sources/twice.yaml": "name: demo\nkind: duckdb\nconnection: {path: demo/demo.duckdb}\n",
            "groups/half.yaml": "name: Half\nmembers:\n  - {user: nobody@example.org}\n",
            "calendars/odd.yaml": "name: Odd\n  working_week: [1]\n",
            "calendars/good.yaml": "name: Good\n",
        },
    )
    before = counts(database, shop)
    problems = {(one.file, one.line, one.place): one.message for one in shop.apply().problems}
    assert set(problems) == {
        ("calendars/odd.yaml", 2, ""),
        ("groups/half.yaml", 3, "members[0].user"),
        ("reports/broken.yaml", 2, "dataset"),
        ("reports/countries.yaml", 5, "definition.columns[1]"),
        ("reports/typed.yaml", 1, "name"),
        ("reports/typed.yaml", 3, "colour"),
        ("reports/typed.yaml", 4, "definition.columns"),
        ("schedules/never.yaml", 5, "schedule_config.cadence"),
        ("sources/open.yaml", 3, "secrets.password"),
        ("sources/twice.yaml", 1, "name"),
    }
    assert "no dataset called 'nowhere'" in problems["reports/broken.yaml", 2, "dataset"]
    assert not [words for words in problems.values() if "planted" in words]
    assert counts(database, shop) == before


def test_what_fails_in_the_middle_leaves_nothing(
    empty: Workspace, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    write(empty.folder, SHOP)
    before = counts(database, empty)
    monkeypatch.setattr(ScheduleService, "create", fail)
    with pytest.raises(RuntimeError, match="power"):
        empty.apply()
    assert counts(database, empty) == before


def test_what_no_file_speaks_of_stays_until_it_is_pruned(shop: Workspace, database: Database) -> None:
    (shop.folder / "schedules/daily.yaml").unlink()
    (shop.folder / "reports/countries.yaml").unlink()
    plan = shop.apply()
    assert (plan.changes, [one.name for one in plan.only_here]) == ((), ["Daily", "Countries"])
    assert [one.name for one in shop.plan(with_removal=True).changes] == ["Daily", "Countries"]
    assert counts(database, shop)["schedules"] == 1
    shop.apply(with_removal=True)
    assert counts(database, shop)["schedules"] == 0
    assert shop.apply(with_removal=True).only_here == ()
    (shop.folder / "datasets/customers.yaml").unlink()
    (shop.folder / "sources/demo.yaml").unlink()
    with pytest.raises(InvalidInput, match="no files of a workspace"):
        shop.apply(with_removal=True)


def test_a_dataset_may_lose_a_field_only_with_the_reports_that_use_it(shop: Workspace) -> None:
    shop.change("datasets/customers.yaml", "  - {name: country, label: Country, type: text}\n", "")
    (problem,) = shop.apply().problems
    assert (problem.file, problem.line) == ("datasets/customers.yaml", 5)
    assert "'Countries' would not run" in problem.message
    shop.change("reports/countries.yaml", "[country]", "[segment]")
    assert [change.kind for change in shop.apply().changes] == ["dataset", "report"]


def test_a_plan_that_is_no_longer_true_is_not_applied(shop: Workspace) -> None:
    shop.change("reports/countries.yaml", "limit: 10", "limit: 20")
    plan = shop.plan()
    shop.change("reports/countries.yaml", "limit: 20", "limit: 30")
    with pytest.raises(Conflict, match="plan again"):
        shop.apply(expected=plan)


def test_a_dump_takes_away_only_what_it_wrote(shop: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shop.dump(out)
    write(out, {"reports/mine.yaml": "# mine\n", "notes/a.yaml": "a: 1\n"})
    (shop.folder / "schedules/daily.yaml").unlink()
    shop.apply(with_removal=True)
    assert shop.dump(out).removed == ("schedules/daily.yaml",)
    assert (out / "reports/mine.yaml").exists()
    assert read_folder(out).ignored == ("notes/a.yaml",)


def test_the_commands_say_what_they_did_and_exit_with_what_it_means(
    shop: Workspace, empty_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert empty_settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", empty_settings.database_url.get_secret_value())
    monkeypatch.setenv("DATA_DIR", str(empty_settings.data_dir))
    monkeypatch.setenv("SECRET_KEY", "a secret key of the tests, long enough")
    monkeypatch.setenv("ADMIN_EMAIL", ADMIN)
    runner, out = CliRunner(), str(tmp_path / "dumped")

    def run(*arguments: str) -> tuple[int, str]:
        result = runner.invoke(app, arguments)
        if isinstance(result.exception, InvalidInput):
            raise result.exception
        return result.exit_code, result.output

    assert run("dump", out)[0] == 0
    assert "4 as they were" not in run("dump", out)[1]
    assert run("apply", out, "--plan") == (0, "No changes, 4 as the files say.\n")
    shop.change("reports/countries.yaml", "limit: 10", "limit: 20")
    code, said = run("apply", str(shop.folder), "--plan")
    assert (code, "definition.limit: 10 -> 20" in said) == (2, True)
    with pytest.raises(InvalidInput, match="--yes"):
        run("apply", str(shop.folder))
    code, said = run("apply", str(shop.folder), "--yes", "--json")
    assert (code, json.loads(said)["applied"], len(json.loads(said)["changes"])) == (0, True, 1)
    shop.change("schedules/daily.yaml", "Countries", "Cities")
    code, said = run("apply", str(shop.folder), "--yes")
    assert code == 1
    assert said.startswith("schedules/daily.yaml:2: report: There is no report called 'Cities'")
