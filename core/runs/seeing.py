"""Datasets as somebody may see them now: the policies of datasets meet the people whom questions are for."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from core.db import (
    dashboard_repository,
    data_policy_repository,
    dataset_repository,
    member_repository,
    run_repository,
)
from core.db.run_repository import LedgerRun
from core.domain.access import Principal
from core.domain.dashboard_json import parse_question
from core.domain.dataset import Dataset
from core.domain.run import Run, RunState
from core.errors import NotFound, PolicyRefused
from core.query.policed import policed

#: States whose reason may name figures of the rows, and the lines of a timeline that do.
_TELLING = (RunState.HELD, RunState.SKIPPED)
_TELLING_EVENTS = ("decided", *(str(state) for state in _TELLING))
_NOT_SAID = "What is said here of its rows is for those who may see them."


def as_seen_by(session: Session, person: Principal, dataset: Dataset) -> Dataset:
    """Return a dataset as it is for `person` now; one without a policy costs no question."""
    return dataset if dataset.policy is None else policed(dataset, data_policy_repository.traits_of(session, person))


def all_seen_by(session: Session, person: Principal, datasets: Iterable[Dataset]) -> tuple[Dataset, ...]:
    """Return datasets as they are for `person` now."""
    datasets = tuple(datasets)
    if all(dataset.policy is None for dataset in datasets):
        return datasets
    traits = data_policy_repository.traits_of(session, person)
    return tuple(policed(dataset, traits) for dataset in datasets)


def draft_seen_by(session: Session, person: Principal, draft: Dataset, *, is_whole: bool) -> Dataset:
    """Return a draft under the policy of the dataset that it is to become. Raises PolicyRefused.

    Parts of it, as its rows are after some steps, are for those only from whom nothing of the whole is kept.
    """
    try:
        saved = dataset_repository.load_one_dataset(session, draft.id)
    except NotFound:
        return draft
    shown = as_seen_by(session, person, replace(draft, policy=saved.policy))
    if not is_whole and shown.sight is not None and shown.sight.restricts:
        raise PolicyRefused(
            f"The data policy of {draft.label} keeps some of it from you, so its rows are shown as a whole only, "
            "not after single steps."
        )
    return shown


def require_files(session: Session, person: Principal, run_id: UUID) -> None:
    """Return if `person` may have the files of a run: what they hold was read for somebody. Raises PolicyRefused."""
    run = run_repository.load_ledger_run(session, run_id)
    if not sees_as_much(session, person, run):
        raise PolicyRefused(
            "These files hold what somebody else may see of this data, and that is not what you may see. "
            "Run the report yourself to have yours."
        )


def sees_as_much(session: Session, person: Principal, run: LedgerRun) -> bool:
    """Whether what a run read for somebody is what `person` may see, going by the policies as they are now."""
    if run.requested_by == person.user_id:
        return True
    datasets = [one for one in _datasets_of(session, run) if one.policy is not None]
    if not datasets:
        return True
    mine = all_seen_by(session, person, datasets)
    if not any(one.sight is not None and one.sight.restricts for one in mine):
        return True
    maker = None
    if run.requested_by is not None:
        maker = member_repository.member_principal(session, run.organization_id, run.requested_by)
    return maker is not None and mine == all_seen_by(session, maker, datasets)


def _datasets_of(session: Session, run: LedgerRun) -> list[Dataset]:
    """The datasets that a run asked, as far as they are still there."""
    question = parse_question(run.definition)
    if question is not None:
        ids = dashboard_repository.dataset_ids(session, question.content.report_ids)
    else:
        ids = frozenset({UUID(str(run.definition["dataset_id"]))}) if run.definition.get("dataset_id") else frozenset()
    found = []
    for dataset_id in ids:
        try:
            found.append(dataset_repository.load_one_dataset(session, dataset_id))
        except NotFound:
            continue
    return found


def as_told_to(session: Session, person: Principal, runs: Iterable[Run]) -> tuple[Run, ...]:
    """Return runs as `person` may read them: what one says of its rows is for those who may see such rows."""
    runs = tuple(runs)
    if not data_policy_repository.has_policies(session):
        return runs
    return tuple(run if _may_read(session, person, run) else _without_values(run) for run in runs)


def _may_read(session: Session, person: Principal, run: Run) -> bool:
    if run.requested_by == person.user_id or (run.fingerprint is None and run.state not in _TELLING):
        return True
    return sees_as_much(session, person, run_repository.load_ledger_run(session, run.id))


def _without_values(run: Run) -> Run:
    """The run without what was said of its rows: what they are compared with, and why it was held or not sent."""
    return replace(
        run,
        fingerprint=None,
        held_because=run.held_because and _NOT_SAID,
        error_message=_NOT_SAID if run.state in _TELLING and run.error_message else run.error_message,
        events=tuple(
            replace(event, message=_NOT_SAID) if event.name in _TELLING_EVENTS else event for event in run.events
        ),
    )
