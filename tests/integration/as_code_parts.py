"""What the tests of a workspace as files share: installations whose demo data is a few empty tables, and a driver."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from core.bootstrap.as_code import workspace_files
from core.clock import FixedClock
from core.demo.datasets import demo_datasets
from core.domain.access import Principal
from core.domain.field import FieldType
from core.services.as_code.folder import Written, read_folder, write_folder
from core.services.as_code.plan import Plan
from core.services.as_code.workspace_files import WorkspaceFiles
from core.services.command_line import principal_called
from core.services.demo_workspace import DEMO_FILE
from core.settings import Settings

_TYPES = {
    FieldType.TEXT: "VARCHAR",
    FieldType.INTEGER: "BIGINT",
    FieldType.DECIMAL: "DECIMAL(18, 2)",
    FieldType.BOOLEAN: "BOOLEAN",
    FieldType.DATE: "DATE",
    FieldType.DATETIME: "TIMESTAMPTZ",
}


def make_demo_tables(data_dir: Path) -> None:
    """The demo's tables without rows: what their datasets are checked against."""
    path = data_dir / DEMO_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        for dataset in demo_datasets():
            columns = ", ".join(f'"{one.column or one.name}" {_TYPES[one.type]}' for one in dataset.fields)
            connection.execute(f'CREATE TABLE "{dataset.table_name}" ({columns})')


@dataclass(kw_only=True)
class Workspace:
    """One installation's workspace and the folder that its files lie in."""

    files: WorkspaceFiles
    principal: Principal
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def dump(self, folder: Path | None = None) -> Written:
        return write_folder(folder or self.folder, self.files.dump(self.principal).files)

    def plan(self, folder: Path | None = None, **how: Any) -> Plan:
        return self.files.plan(self.principal, read_folder(folder or self.folder), **how)

    def apply(self, folder: Path | None = None, **how: Any) -> Plan:
        return self.files.apply(self.principal, read_folder(folder or self.folder), **how)

    def change(self, name: str, old: str, new: str) -> None:
        """Replace a text that is there exactly once."""
        path = self.folder / name
        before = path.read_text()
        assert before.count(old) == 1, before
        path.write_text(before.replace(old, new))


@contextmanager
def open_workspace(settings: Settings, clock: FixedClock, folder: Path) -> Iterator[Workspace]:
    environment: dict[str, str] = {}
    with workspace_files(settings, clock, environment=environment) as (database, files):
        principal = principal_called(database, settings.admin_email)
        yield Workspace(files=files, principal=principal, folder=folder, environment=environment)


def texts(folder: Path) -> Mapping[str, str]:
    """Every file of a folder by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()
    }


Opener = Callable[[Settings, str], Workspace]


def opener(stack: ExitStack, clock: FixedClock, tmp_path: Path) -> Opener:
    """Opens workspaces that are closed with the test, each with a folder for its files."""

    def open_it(settings: Settings, name: str) -> Workspace:
        return stack.enter_context(open_workspace(settings, clock, tmp_path / name))

    return open_it


RICH = {
    "calendars/trading-days.yaml": (
        "name: Trading days\nworking_week: [1, 2, 3, 4]\ndays_off: {2026-12-24: Christmas Eve}\n"
    ),
    "groups/board.yaml": (
        "name: Board\nmembers:\n  - {address: ann@example.org, name: Ann, locale: en-GB}\n"
        "  - {user: admin@example.com}\n"
    ),
    "destinations/hook.yaml": (
        "name: Hook\ntype: webhook\nsettings: {url: 'https://127.0.0.1:9/reports'}\n"
        "secrets: {signing_secret: '${HOOK_SECRET}'}\n"
    ),
    "sources/warehouse.yaml": (
        "name: Wärehouse\nkind: postgresql\nconnection: {host: 127.0.0.1, database: w, user: reader}\n"
        "secrets: {password: '${WAREHOUSE_PASSWORD}'}\n"
    ),
    "reports/one.yaml": (
        "name: Yes\ntags: [b, a]\nfolder: [Sales, 'On / off']\ndataset: orders\n"
        "definition: {columns: [order_id], limit: 10}\n"
        "sharing:\n  visibility: shared\n"
        "  grants: [{group: Board, level: view}, {user: admin@example.com, level: edit}]\n"
    ),
    "reports/two.yaml": (
        "name: 'Yes'\ndescription: |\n  two\n  lines\ndataset: orders\ndefinition: {columns: [order_id]}\n"
    ),
    "dashboards/words.yaml": (
        "name: Words\nsharing: {visibility: private}\n"
        "content: {tiles: [{kind: report, id: a, report: two, row: 0, column: 0, width: 6}]}\n"
    ),
    "schedules/hooked.yaml": (
        "name: Hooked\nreport: one\nis_active: true\nformats: [csv, xlsx]\npassword: ${FILE_SECRET}\n"
        "schedule_config: {cadence: daily, timezone: UTC, business_days: next, calendar: {own: Trading days}}\n"
        "recipients: [{type: group, value: Board}, {type: user, value: admin@example.com, role: cc},"
        " {type: webhook, destination: Hook}]\n"
        "condition: {kind: rows}\nfile_options: {csv: {delimiter: ';'}}\n"
        "email_body: |\n  Hello {report},\n\n  here it is.\n"
    ),
    "schedules/at-rest.yaml": (
        "name: At rest\ndashboard: Words\nformats: [pdf]\nrecipients: [{type: email, value: bob@example.org}]\n"
        "schedule_config: {cadence: cron, cron_expression: 0 9 * * 1, timezone: Europe/Berlin}\n"
    ),
}
#: What the files name; none of it may ever stand in one.
SECRETS = {
    "HOOK_SECRET": "planted-signing-secret-1",
    "WAREHOUSE_PASSWORD": "planted-password-2",
    "FILE_SECRET": "planted-file-password-3",
}
#: The same under the names that a dump gives them.
DUMPED_SECRETS = {
    "DESTINATION_HOOK_SIGNING_SECRET": SECRETS["HOOK_SECRET"],
    "SOURCE_WAREHOUSE_PASSWORD": SECRETS["WAREHOUSE_PASSWORD"],
    "SCHEDULE_HOOKED_PASSWORD": SECRETS["FILE_SECRET"],
}


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, words in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words)
