"""The mail that tells an owner which of their reports lost which fields, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from uuid import UUID

from core.domain.delivery import Message

_FONT = "font-family:'Source Sans 3','Segoe UI',Helvetica,Arial,sans-serif"
_WHY = (
    "The source no longer has what these fields are made of, or they were taken out of the dataset. The reports stop "
    "with this message instead of leaving out a column or a filter. They go on by themselves once the fields are back; "
    "otherwise change the reports, or ask who looks after the dataset."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostFields:
    """A report and the labels of the fields it lost."""

    report_id: UUID
    report: str
    dataset: str
    fields: tuple[str, ...]


def compose_notice(
    lost: Sequence[LostFields], *, reference: str, organization: str, base_url: str, made_at: datetime
) -> Message:
    """Compose the mail to one owner. Equal input gives an equal message, so that a retry sends the same."""
    first, others = lost[0], len(lost) - 1
    more = "" if not others else f" and {others} other report{'s' if others > 1 else ''}"
    return Message(
        reference=reference,
        subject=" ".join(f"{first.report}{more}: a field is missing".split()),
        text=_text(lost, organization, base_url),
        html=_html(lost, organization, base_url),
        attachments=(),
        made_at=made_at,
    )


def _text(lost: Sequence[LostFields], organization: str, base_url: str) -> str:
    parts = [f"{_sentence(one)}\n{_link(base_url, one)}" for one in lost]
    return "\n\n".join([*parts, _WHY, _reason(organization)]) + "\n"


def _html(lost: Sequence[LostFields], organization: str, base_url: str) -> str:
    parts = "".join(
        f'<p style="margin:0 0 14px;font-size:16px;line-height:24px">{escape(_sentence(one))}<br>'
        f'<a style="color:#A4262C" href="{escape(_link(base_url, one))}">Open the report</a></p>'
        for one in lost
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A field is missing</title></head>'
        f'<body style="margin:0;padding:24px;background-color:#FBFAF7;color:#1C2024;{_FONT}">'
        '<div style="max-width:560px;margin:0 auto;padding:24px 32px;background-color:#FFFFFF;'
        f'border:1px solid #E4E1DA">{parts}'
        f'<p style="margin:0 0 14px;font-size:14px;line-height:20px;color:#5E6672">{escape(_WHY)}</p>'
        f'<p style="margin:0;font-size:12px;line-height:18px;color:#5E6672">{escape(_reason(organization))}</p>'
        "</div></body></html>"
    )


def _sentence(one: LostFields) -> str:
    what = "a field that is" if len(one.fields) == 1 else "fields that are"
    return f"“{one.report}” uses {what} no longer in {one.dataset}: {', '.join(one.fields)}."


def _link(base_url: str, one: LostFields) -> str:
    return f"{base_url}/?report={one.report_id}"


def _reason(organization: str) -> str:
    return f"You get this once, because you own the reports named above in {organization}."
