"""Fills a mail from what the ledger keeps of a result: figures as people read them, notes, files and the chart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.deliver.mail import MailFigures, MailKpi, MailLinks, MailOrigin, compose_mail
from core.domain.branding import Branding
from core.domain.delivery import Attachment, Message
from core.domain.field import NumberStyle
from core.domain.result import Kpi, ResultHead
from core.domain.shown import shown_columns
from core.render.cells import display_header, display_number
from core.render.masthead import period_words
from core.runs.mail_look import mail_brand, mail_legend, mail_looks
from core.runs.result_record import ResultRecord

#: What a mail's words say for a figure that only the locked files show.
_IN_THE_FILES = "(in the files)"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailInputs:
    """Everything a mail is made of; the same on every attempt, so that a retry sends the same bytes."""

    record: ResultRecord
    reference: str
    recipient: str
    schedule: str | None
    schedule_in_words: str | None
    subject_template: str | None
    body_template: str | None
    chart_png: bytes | None
    attachments: Sequence[Attachment]
    notes: Sequence[str]
    report_url: str | None
    made_at: datetime
    branding: Branding = Branding()
    is_locked: bool = False  #: the files open with a password only: the mail beside them shows no data


def compose(inputs: MailInputs) -> Message:
    """Compose the mail to one recipient."""
    head = inputs.record.head
    figures = _without_data(head) if inputs.is_locked else _with_looks(inputs)
    return compose_mail(
        head,
        reference=inputs.reference,
        origin=MailOrigin(
            recipient=inputs.recipient, schedule=inputs.schedule, schedule_in_words=inputs.schedule_in_words
        ),
        figures=figures,
        made_at=inputs.made_at,
        subject_template=inputs.subject_template,
        body_template=inputs.body_template,
        chart_png=None if inputs.is_locked else inputs.chart_png,
        attachments=inputs.attachments,
        notes=inputs.notes,
        links=MailLinks(report=inputs.report_url),
        brand=mail_brand(inputs.branding),
    )


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
