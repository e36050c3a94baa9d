"""The one look of mails that tell people news of their reports and schedules; what they say is the caller's matter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from core.domain.delivery import Message

_FONT = "font-family:'Source Sans 3','Segoe UI',Helvetica,Arial,sans-serif"
#: Lines that a mail shows; of the others it says how many they are.
MOST_LINES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """A piece of news and where to look at it."""

    sentence: str
    link: str
    link_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMail:
    """What a mail says, before it is dressed."""

    subject: str
    title: str  #: what a browser shows as the page's name
    lines: Sequence[NoticeLine]
    why: str  #: what it means and what to do about it
    footer: str  #: why this person gets it


def compose_notice(mail: NoticeMail, *, reference: str, made_at: datetime) -> Message:
    """Compose the mail. Equal input gives an equal message, so that a retry sends the same."""
    return Message(
        reference=reference,
        subject=" ".join(mail.subject.split()),
        text=_text(mail),
        html=_html(mail),
        attachments=(),
        made_at=made_at,
    )


def and_others(first: str, count: int, noun: str) -> str:
    """Name the first of several: "Weekly revenue and 2 other reports"."""
    others = count - 1
    return first if not others else f"{first} and {others} other {noun}{'s' if others > 1 else ''}"


def _text(mail: NoticeMail) -> str:
    parts = [f"{line.sentence}\n{line.link}" for line in mail.lines[:MOST_LINES]]
    return "\n\n".join([*parts, *_rest(mail), mail.why, mail.footer]) + "\n"


def _html(mail: NoticeMail) -> str:
    parts = "".join(
        f'<p style="margin:0 0 14px;font-size:16px;line-height:24px">{escape(line.sentence)}<br>'
        f'<a style="color:#A4262C" href="{escape(line.link)}">{escape(line.link_text)}</a></p>'
        for line in mail.lines[:MOST_LINES]
    )
    rest = "".join(f'<p style="margin:0 0 14px;font-size:16px;line-height:24px">{words}</p>' for words in _rest(mail))
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(mail.title)}</title></head>'
        f'<body style="margin:0;padding:24px;background-color:#FBFAF7;color:#1C2024;{_FONT}">'
        '<div style="max-width:560px;margin:0 auto;padding:24px 32px;background-color:#FFFFFF;'
        f'border:1px solid #E4E1DA">{parts}{rest}'
        f'<p style="margin:0 0 14px;font-size:14px;line-height:20px;color:#5E6672">{escape(mail.why)}</p>'
        f'<p style="margin:0;font-size:12px;line-height:18px;color:#5E6672">{escape(mail.footer)}</p>'
        "</div></body></html>"
    )


def _rest(mail: NoticeMail) -> tuple[str, ...]:
    left_out = len(mail.lines) - MOST_LINES
    return (f"And {left_out:,} more.",) if left_out > 0 else ()
