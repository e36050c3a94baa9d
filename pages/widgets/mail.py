"""A mail as its readers see it: in a frame that runs no script, its attachments as links that hold their bytes."""

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

from pages.widgets import words

if TYPE_CHECKING:
    from core.domain.delivery import Attachment
    from core.domain.sent import SentMail

#: A larger attachment would make the page heavy; it is on its run's page.
_MOST_BYTES = 8_000_000
_PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><style>
:root {{ color-scheme: light; }}
html, body {{ margin: 0; height: 100%; background: #fff; color: #1C2024; font: 14px/1.4 system-ui, sans-serif; }}
body {{ display: flex; flex-direction: column; }}
nav {{ display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; padding: .6rem .9rem; border-bottom: 1px solid #E4E1DA; }}
nav a {{ color: #A4262C; text-decoration: none; font-weight: 600; }} nav a:hover {{ text-decoration: underline; }}
iframe {{ border: 0; width: 100%; flex: 1; }}
</style></head><body>{attachments}<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="Mail"
srcdoc="{mail}"></iframe></body></html>"""


def mail_page(mail: "SentMail") -> str:
    """Return the HTML page that shows `mail`; the mail's own HTML runs in a sandbox without scripts or origin."""
    links = "".join(_attachment(item) for item in mail.attachments)
    return _PAGE.format(attachments=f"<nav>{links}</nav>" if links else "", mail=escape(mail.html))


def _attachment(item: "Attachment") -> str:
    label = f"{escape(item.file_name)}, {words.size(len(item.content))}"
    if len(item.content) > _MOST_BYTES:
        return f"<span>{label}: see its run</span>"
    data = b64encode(item.content).decode()
    return f'<a download="{escape(item.file_name)}" href="data:{escape(item.media_type)};base64,{data}">{label}</a>'
