"""The one look of mails that tell people news of their reports and schedules; what they say is the caller's matter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from core.domain.delivery import Message

_FONT = "font-family:'Source Sans 3','Source Sans Pro',Inter,'Segoe UI',Helvetica,Arial,sans-serif"
_SERIF = "font-family:'Source Serif 4','Source Serif Pro',Georgia,'Times New Roman',serif"
_TITLE = f"margin:0 0 14px;{_SERIF};font-size:26px;line-height:32px;font-weight:600;color:#1C2024"
_TEXT = "margin:0 0 12px;font-size:16px;line-height:24px;color:#1C2024;overflow-wrap:anywhere"
_LINK = 'class="link" style="color:#A4262C"'
_BUTTON = (
    'class="button" style="display:inline-block;padding:11px 22px;background-color:#A4262C;border-radius:3px;'
    'font-size:15px;line-height:20px;font-weight:600;color:#FFFFFF;text-decoration:none"'
)
#: For mail programs that know dark paper and narrow screens; the others have the styles of each element.
_HEAD = (
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><style>'
    "@media (max-width:480px){.page{padding:0 !important}.card{padding:20px 18px !important;border:0 !important}}"
    "@media (prefers-color-scheme:dark){.page{background-color:#15171A !important}"
    ".card{background-color:#1D2024 !important;border-color:#33373D !important}"
    ".ink{color:#ECE9E2 !important}.quiet{color:#A3A9B2 !important}.link{color:#E0696B !important}"
    ".rule,.button{background-color:#E0696B !important}.button{color:#15171A !important}}</style>"
)
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
    title: str  #: its heading
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
    """The same paper, ink and rule as the mails of reports; a single thing to do is a button."""
    look = _BUTTON if len(mail.lines) == 1 else _LINK
    parts = "".join(
        f'<p class="ink" style="{_TEXT}">{escape(line.sentence)}</p>'
        f'<p style="margin:0 0 24px;font-size:16px;line-height:24px">'
        f'<a {look} href="{escape(line.link)}">{escape(line.link_text)}</a></p>'
        for line in mail.lines[:MOST_LINES]
    )
    rest = "".join(f'<p class="ink" style="{_TEXT}">{words}</p>' for words in _rest(mail))
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(mail.title)}</title>{_HEAD}</head>'
        f'<body class="page" style="margin:0;padding:24px 12px;background-color:#FBFAF7;{_FONT}">'
        '<div class="card" style="max-width:560px;margin:0 auto;padding:26px 32px;background-color:#FFFFFF;'
        f'border:1px solid #E4E1DA"><h1 class="ink" style="{_TITLE}">{escape(mail.title)}</h1>'
        '<div class="rule" style="height:2px;margin:0 0 20px;background-color:#A4262C"></div>'
        f"{parts}{rest}"
        f'<p class="quiet" style="margin:0 0 14px;font-size:14px;line-height:20px;color:#5E6672">{escape(mail.why)}</p>'
        f'<p class="quiet" style="margin:0;font-size:12px;line-height:18px;color:#5E6672">{escape(mail.footer)}</p>'
        "</div></body></html>"
    )


def _rest(mail: NoticeMail) -> tuple[str, ...]:
    left_out = len(mail.lines) - MOST_LINES
    return (f"And {left_out:,} more.",) if left_out > 0 else ()
