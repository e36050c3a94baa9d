"""The workspace's own activity as a source with three datasets, in every organization; the product keeps them."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID, uuid4

from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from core.db import dataset_repository, source_repository
from core.db.database import Database
from core.domain.access import Permission
from core.domain.catalog import WORKSPACE_KIND
from core.domain.dataset import Dataset, DatasetMeasure, Source
from core.domain.definition import Aggregation, Measure
from core.domain.field import Field, FieldType, Format, NumberStyle
from core.domain.filter import Condition, FilterGroup, Operator
from core.domain.relation import SourceColumn, TableOrigin

SOURCE_NAME = "Workspace activity"
#: Raise it with every change of the datasets below: starts then renew them where an older edition is.
EDITION = "1"

_PLAIN = Format(style=NumberStyle.PLAIN)
_COUNT = Format(decimals=0)
_SECONDS = Format(decimals=2, unit="s")
_DURATION = Format(style=NumberStyle.DURATION)
_SHARE = Format(style=NumberStyle.PERCENT, decimals=1)
_NOWHERE = UUID(int=0)


def ensure_workspace_activity(database: Database) -> int:
    """Create the source and its datasets where an organization lacks them or has older ones; returns in how many.

    Any number of processes may start at once.
    """
    with database.installation() as session:
        lacking = source_repository.organizations_without(session, WORKSPACE_KIND, EDITION)
    for organization_id in lacking:
        with database.organization(organization_id) as session:
            source_repository.lock_names(session, organization_id)
            _ensure(session, organization_id)
    return len(lacking)


def way_to_activity(source: Source, app_url: URL) -> Mapping[str, str] | None:
    """Return what opens the workspace's own source: the app's role, held to the source's organization; else None."""
    if source.kind != WORKSPACE_KIND:
        return None
    arguments = app_url.translate_connect_args(username="user", database="dbname")
    options = {name: value if isinstance(value, str) else value[-1] for name, value in app_url.query.items()}
    return {"conninfo": make_conninfo(**arguments, **options), "organization_id": str(source.organization_id)}


def activity_datasets() -> tuple[Dataset, ...]:
    """Return the datasets as they are in every organization, without ids."""
    return (_runs(), _deliveries(), _sign_ins())


def _ensure(session: Session, organization_id: UUID) -> None:
    source = source_repository.find_source_of_kind(session, WORKSPACE_KIND)
    connection: dict[str, str | int | bool] = {"edition": EDITION}
    if source is None:
        source = Source(
            id=uuid4(),
            organization_id=organization_id,
            name=source_repository.free_name(session, SOURCE_NAME),
            kind=WORKSPACE_KIND,
            connection=connection,
        )
        source_repository.insert_source(session, source, None)
    elif source.connection != connection:
        source_repository.update_source(session, replace(source, connection=connection), None)
    known = {dataset.name: dataset for dataset in dataset_repository.list_datasets(session, source_id=source.id)}
    taken = dataset_repository.taken_names(session, but=_NOWHERE)
    for draft in activity_datasets():
        there = known.get(draft.name)
        owned = replace(
            draft,
            id=uuid4() if there is None else there.id,
            organization_id=organization_id,
            source_id=source.id,
            is_certified=True,
            version=1 if there is None else there.version,
        )
        if there is not None:
            dataset_repository.update_dataset(session, owned)
        elif draft.name not in taken:
            dataset_repository.insert_dataset(session, owned)


def _runs() -> Dataset:
    return _dataset(
        "activity_runs",
        "Runs",
        "Every execution of a report in this workspace: scheduled, sent by hand, exported or tried out.",
        "runs",
        (
            _field("created_at", "Created at", FieldType.DATETIME, "When the run was made."),
            _field("report", "Report", FieldType.TEXT, "Title of the report."),
            _field("schedule", "Schedule", FieldType.TEXT, "The schedule that made it; empty for all others."),
            _field("kind", "Kind", FieldType.TEXT, "scheduled, manual, test, backfill or export."),
            _field("status", "Status", FieldType.TEXT, "Where the run stands, or how it ended."),
            _field("requested_by", "Run for", FieldType.TEXT, "The person as whom the data is read.", is_personal=True),
            _field("formats", "Formats", FieldType.TEXT, "The kinds of files it makes."),
            _field("logical_at", "Stands for", FieldType.DATETIME, "The time that relative dates resolve against."),
            _field("started_at", "Started at", FieldType.DATETIME, "When a worker took it."),
            _field("finished_at", "Finished at", FieldType.DATETIME, "When it ended; empty while it runs."),
            _figure("duration_s", "Duration", FieldType.DECIMAL, "From start to end.", _DURATION),
            _figure("query_s", "Query time", FieldType.DECIMAL, "Seconds spent on the source.", _SECONDS),
            _figure("render_s", "File time", FieldType.DECIMAL, "Seconds spent on making files.", _SECONDS),
            _figure("deliver_s", "Delivery time", FieldType.DECIMAL, "Seconds spent on delivering.", _SECONDS),
            _figure("rows_matched", "Rows matched", FieldType.INTEGER, "Rows the question has.", _COUNT),
            _figure("rows_delivered", "Rows delivered", FieldType.INTEGER, "Rows in the files.", _COUNT),
            _figure("attempts", "Attempts", FieldType.INTEGER, "How often it was tried.", _COUNT),
            _field("error_code", "Error", FieldType.TEXT, "What stopped it; empty where nothing did."),
            _field("run_id", "Run ID", FieldType.TEXT, "The run's id, as in the API."),
        ),
        time_field="created_at",
        measures=(
            _ended_as("failed_runs", "Failed runs", "failed", "Runs that ended without a file."),
            _share("success_rate", "Success rate", "completed", "Share of completed runs among all that ended so far."),
        ),
    )


def _deliveries() -> Dataset:
    return _dataset(
        "activity_deliveries",
        "Deliveries",
        "Every file or mail that was to reach a recipient, and whether it did.",
        "deliveries",
        (
            _field("created_at", "Created at", FieldType.DATETIME, "When the delivery was made."),
            _field("report", "Report", FieldType.TEXT, "Title of the report."),
            _field("schedule", "Schedule", FieldType.TEXT, "The schedule it belongs to."),
            _field("channel", "Channel", FieldType.TEXT, "How it travels: email and others."),
            _field("recipient", "Recipient", FieldType.TEXT, "The address.", is_personal=True),
            _field("status", "Status", FieldType.TEXT, "Where the delivery stands, or how it ended."),
            _field("sent_at", "Sent at", FieldType.DATETIME, "When the other side accepted it."),
            _figure("took_s", "Time to deliver", FieldType.DECIMAL, "From its making to acceptance.", _DURATION),
            _figure("attempts", "Attempts", FieldType.INTEGER, "How often it was tried.", _COUNT),
            _field("run_id", "Run ID", FieldType.TEXT, "The run it belongs to."),
            _field("delivery_id", "Delivery ID", FieldType.TEXT, "The delivery's id, as in the API."),
        ),
        time_field="created_at",
        measures=(
            _ended_as("failed_deliveries", "Failed deliveries", "failed", "Deliveries that did not arrive."),
            _share("delivery_rate", "Delivery rate", "sent", "Share of deliveries that were accepted."),
        ),
    )


def _sign_ins() -> Dataset:
    return _dataset(
        "activity_sign_ins",
        "Sign-ins",
        "Who signed in to this workspace, and when. Sessions, not attempts: wrong passwords are not among them.",
        "sign-ins",
        (
            _field("signed_in_at", "Signed in at", FieldType.DATETIME, "When the session began."),
            _field("person", "Person", FieldType.TEXT, "Who signed in.", is_personal=True),
            _field("email", "E-mail address", FieldType.TEXT, "The address they sign in with.", is_personal=True),
            _field("role", "Role", FieldType.TEXT, "The role they hold now; empty for former members."),
            _field("signed_out_at", "Signed out at", FieldType.DATETIME, "When they ended the session."),
            _field("expires_at", "Expires at", FieldType.DATETIME, "When the session ends by itself."),
            _field("sign_in_id", "Sign-in ID", FieldType.TEXT, "The session's id."),
        ),
        time_field="signed_in_at",
        needs=Permission.MANAGE_MEMBERS,
        measures=(
            DatasetMeasure(
                name="people",
                label="People",
                measure=Measure(aggregation=Aggregation.COUNT_DISTINCT, field="email"),
                description="Different people who signed in.",
                format=_COUNT,
            ),
        ),
    )


def _dataset(
    name: str,
    label: str,
    description: str,
    row_noun: str,
    fields: tuple[Field, ...],
    *,
    time_field: str,
    measures: tuple[DatasetMeasure, ...],
    needs: Permission = Permission.VIEW_REPORTS,
) -> Dataset:
    columns = tuple(SourceColumn(name=field.name, type=field.type) for field in fields)
    return Dataset(
        id=_NOWHERE,
        organization_id=_NOWHERE,
        source_id=_NOWHERE,
        name=name,
        label=label,
        description=description,
        folder=SOURCE_NAME,
        origin=TableOrigin(table_name=name, columns=columns),
        fields=fields,
        measures=measures,
        time_field=time_field,
        row_noun=row_noun,
        needs=needs,
    )


def _field(name: str, label: str, kind: FieldType, description: str, *, is_personal: bool = False) -> Field:
    return Field(name=name, label=label, type=kind, description=description, format=_PLAIN, is_personal=is_personal)


def _figure(name: str, label: str, kind: FieldType, description: str, shown: Format) -> Field:
    return Field(name=name, label=label, type=kind, description=description, format=shown, is_measure=True)


def _ended_as(name: str, label: str, status: str, description: str) -> DatasetMeasure:
    return DatasetMeasure(
        name=name,
        label=label,
        measure=Measure(aggregation=Aggregation.COUNT, filters=_with_status(status)),
        description=description,
        format=_COUNT,
    )


def _share(name: str, label: str, status: str, description: str) -> DatasetMeasure:
    return DatasetMeasure(
        name=name,
        label=label,
        measure=Measure(expression=f"sum(if(status = '{status}', 1, 0)) / count()"),
        description=description,
        format=_SHARE,
    )


def _with_status(status: str) -> FilterGroup:
    return FilterGroup(items=(Condition(field="status", operator=Operator.IS, values=(status,)),))
