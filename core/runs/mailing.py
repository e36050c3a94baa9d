"""Fills a mail from what the ledger keeps of a result: figures as people read them, notes, files and the chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.deliver.mail import MailFigures, MailKpi, MailLinks, MailOrigin, compose_mail
from core.domain.delivery import Attachment, Message
from core.domain.field import NumberStyle
from core.domain.result import Kpi, ResultHead
from core.domain.shown import shown_columns
from core.render.cells import display_header, display_number
from core.render.masthead import period_words
from core.runs.result_record import ResultRecord


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


def compose(inputs: MailInputs) -> Message:
    """Compose the mail to one recipient."""
    head = inputs.record.head
    return compose_mail(
        head,
        reference=inputs.reference,
        origin=MailOrigin(
            recipient=inputs.recipient, schedule=inputs.schedule, schedule_in_words=inputs.schedule_in_words
        ),
        figures=figures_of(head, inputs.record.shown),
        made_at=inputs.made_at,
        subject_template=inputs.subject_template,
        body_template=inputs.body_template,
        chart_png=inputs.chart_png,
        attachments=inputs.attachments,
        notes=inputs.notes,
        links=MailLinks(report=inputs.report_url),
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


def _kpi(kpi: Kpi) -> MailKpi:
    value = "no data" if kpi.value is None else display_number(kpi.value, kpi.format)
    if kpi.value is not None and kpi.format.unit and kpi.format.style is not NumberStyle.DURATION:
        value = f"{value} {kpi.format.unit}"
    change = kpi.change
    if change is None:
        return MailKpi(label=kpi.label, value=value)
    direction = "up" if change > 0 else "down" if change < 0 else "flat"
    return MailKpi(label=kpi.label, value=value, change=f"{abs(change):.1%}", direction=direction)
