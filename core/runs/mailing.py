"""Fills a mail from what the ledger keeps of a result: figures as people read them, notes, files and the chart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from core.artifacts.file_names import NameFacts, name_values
from core.deliver.mail import MailFigures, MailKpi, MailOrigin, compose_mail, limit_note
from core.deliver.mail_links import MailLinks
from core.domain.artifact import Artifact
from core.domain.branding import Branding
from core.domain.delivery import About, Addressees, FileLink, KeyFigure, Message, MessageFile
from core.domain.field import NumberStyle
from core.domain.result import Kpi, ResultHead
from core.domain.schedule import Recipient
from core.domain.shown import shown_columns
from core.render.cells import display_header, display_number
from core.render.masthead import period_words, row_notes
from core.runs.mail_look import mail_brand, mail_legend, mail_looks
from core.runs.result_record import ResultRecord

#: What a mail's words say for a figure that only the locked files show.
_IN_THE_FILES = "(in the files)"
#: What a subject begins with where the data is older than the schedule wants; the notes say how old.
_OLD_DATA = "Old data: "
#: More names than this tell readers nothing and others too much.
_MOST_NAMED = 50


#: Channels that hand over files and show no words of a mail.
FILES_ONLY = frozenset({"folder", "s3", "sftp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MailInputs:
    """Everything a mail is made of; the same on every attempt, so that a retry sends the same bytes."""

    run_id: UUID
    record: ResultRecord
    reference: str
    recipient: str
    schedule: str | None
    schedule_in_words: str | None
    subject_template: str | None
    body_template: str | None
    chart_png: bytes | None
    attachments: Sequence[MessageFile]
    notes: Sequence[str]
    report_url: str | None
    made_at: datetime
    recipient_name: str = ""  #: empty: it is not known
    recipient_locale: str = ""  #: as in en-GB; empty: it is not known
    recipient_facts: Mapping[str, str] = field(default_factory=dict)  #: what the data says of them, by field
    prefix: str = ""  #: stands before the subject
    addressees: Addressees | None = None  #: None: the recipient alone is shown
    unsubscribe_url: str | None = None
    branding: Branding = Branding()
    links: Sequence[FileLink] = ()
    is_mail: bool = True  #: somebody is shown the mail or its words
    is_locked: bool = False  #: the files open with a password only: the mail beside them shows no data


def compose(inputs: MailInputs) -> Message:
    """Compose the message to one recipient."""
    head = inputs.record.head
    figures = _without_data(head) if inputs.is_locked else _with_looks(inputs)
    if not inputs.is_mail:
        return _parcel(inputs, figures)
    mail = compose_mail(
        head,
        reference=inputs.reference,
        origin=MailOrigin(
            recipient=inputs.recipient,
            recipient_name=inputs.recipient_name,
            recipient_locale=inputs.recipient_locale,
            recipient_facts=inputs.recipient_facts,
            schedule=inputs.schedule,
            schedule_in_words=inputs.schedule_in_words,
        ),
        figures=figures,
        made_at=inputs.made_at,
        subject_template=inputs.subject_template,
        body_template=inputs.body_template,
        chart_png=None if inputs.is_locked else inputs.chart_png,
        attachments=inputs.attachments,
        notes=inputs.notes,
        links=MailLinks(report=inputs.report_url, files=tuple(inputs.links), unsubscribe=inputs.unsubscribe_url),
        brand=mail_brand(inputs.branding),
    )
    subject = f"{_OLD_DATA}{mail.subject}" if inputs.record.is_stale else mail.subject
    subject = f"{inputs.prefix}{subject}"
    return replace(mail, subject=subject, about=_about(inputs, figures), addressees=inputs.addressees)


def _parcel(inputs: MailInputs, figures: MailFigures) -> Message:
    """The files, with what their folders are named by."""
    return Message(
        reference=inputs.reference,
        subject=inputs.record.head.title,
        text="",
        html="",
        attachments=tuple(inputs.attachments),
        links=tuple(inputs.links),
        made_at=inputs.made_at,
        about=_about(inputs, figures),
    )


def shown_addressees(recipients: Sequence[Recipient], me: Recipient) -> Addressees:
    """Whom a mail names: everybody it goes to but blind copies, as in a letter; of a crowd nobody but its reader."""
    by_mail = [one for one in recipients if one.channel == me.channel]
    named = [one for one in by_mail if one.role != "bcc"]
    if len(named) > _MOST_NAMED or me not in by_mail:
        named = [] if me.role == "bcc" else [me]
    return Addressees(
        to=tuple(one.address for one in named if one.role == "to"),
        cc=tuple(one.address for one in named if one.role == "cc"),
    )


def _about(inputs: MailInputs, figures: MailFigures) -> About:
    """What channels say that show no mail."""
    head = inputs.record.head
    return About(
        run_id=inputs.run_id,
        report_id=head.report_id,
        title=head.title,
        sentence=head.sentence,
        period=figures.period,
        logical_at=head.logical_at,
        rows=head.rows_delivered,
        notes=(*limit_note(head), *inputs.notes),
        figures=tuple(KeyFigure(label=kpi.label, value=kpi.value, change=_change(kpi)) for kpi in figures.kpis),
        report_url=inputs.report_url,
        chart_png=None if inputs.is_locked else inputs.chart_png,
        names=_names(inputs, head),
    )


def _change(kpi: MailKpi) -> str:
    word = {"up": "up ", "down": "down "}.get(kpi.direction, "")
    return f"{word}{kpi.change}" if kpi.change else ""


def _names(inputs: MailInputs, head: ResultHead) -> Mapping[str, str]:
    """What `{name}` stands for in folders."""
    facts = NameFacts.of(head, head.rows_delivered)
    return {**name_values(facts, ""), "schedule": inputs.schedule or "", "run": inputs.run_id.hex[:8]}


def figures_of(head: ResultHead, rows: tuple[tuple[str, ...], ...]) -> MailFigures:
    """Return what the mail shows of the data."""
    columns = shown_columns(head.columns)
    return MailFigures(
        headers=tuple(display_header(column) for column in columns),
        rows=rows,
        numeric=tuple(column.type.is_number for column in columns),
        kpis=tuple(_kpi(kpi) for kpi in head.kpis),
        period=period_words(head.period) if head.period else None,
        compared_with=period_words(head.previous_period) if head.previous_period else None,
    )


def _with_looks(inputs: MailInputs) -> MailFigures:
    """The figures, with the cells set apart that the report's rules speak of."""
    record = inputs.record
    figures = figures_of(record.head, record.shown)
    if not record.looks:
        return figures
    looks = mail_looks(record.looks, inputs.branding.accent)
    return replace(figures, looks=looks, legend=mail_legend(record.head))


def _without_data(head: ResultHead) -> MailFigures:
    """What the mail may say of data that is locked in the files."""
    full = figures_of(head, ())
    kpis = tuple(MailKpi(label=kpi.label, value=_IN_THE_FILES) for kpi in full.kpis)
    return MailFigures(kpis=kpis, period=full.period, compared_with=full.compared_with, is_locked=True)


def _kpi(kpi: Kpi) -> MailKpi:
    value = "no data" if kpi.value is None else display_number(kpi.value, kpi.format)
    if kpi.value is not None and kpi.format.unit and kpi.format.style is not NumberStyle.DURATION:
        value = f"{value} {kpi.format.unit}"
    change = kpi.change
    if change is None:
        return MailKpi(label=kpi.label, value=value)
    direction = "up" if change > 0 else "down" if change < 0 else "flat"
    return MailKpi(label=kpi.label, value=value, change=f"{abs(change):.1%}", direction=direction)


def notes_of(record: ResultRecord, artifacts: tuple[Artifact, ...]) -> tuple[str, ...]:
    """What the files say is missing or was altered, each sentence once; of the row limit the mail itself speaks."""
    notes = dict.fromkeys((*([record.changes] if record.changes else []), *record.notes))
    for artifact in artifacts:
        for label, changes in artifact.manifest.altered.items():
            for reason, count in changes.items():
                cells = "1 cell" if count == 1 else f"{count:,} cells"
                notes[f"{artifact.file_name}, {label}: {cells} {reason}."] = None
        notes |= dict.fromkeys(artifact.manifest.notes)
    said = row_notes(record.head, record.rows) if record.head.rows_delivered < record.head.rows_matched else ()
    return tuple(note for note in notes if note not in said)
