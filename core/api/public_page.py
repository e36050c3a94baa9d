"""The look of pages for people who are not signed in and followed a link of a mail."""

from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType

from starlette.responses import HTMLResponse

from core.errors import BroadsheetError, TooManyRequests

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    # The address of this page is the right to use it: it goes to nobody else.
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
}
_STYLE = (
    ":root{color-scheme:light dark;--paper:#FBFAF7;--card:#FFFFFF;--ink:#1C2024;--quiet:#5E6672;--line:#E4E1DA;"
    "--accent:#A4262C;--on:#FFFFFF}"
    "@media(prefers-color-scheme:dark){:root{--paper:#15171A;--card:#1D2024;--ink:#ECE9E2;--quiet:#A3A9B2;"
    "--line:#33373D;--accent:#E0696B;--on:#15171A}}"
    "body{margin:0;padding:32px 16px;background:var(--paper);color:var(--ink);"
    "font:16px/24px 'Source Sans 3','Segoe UI',Helvetica,Arial,sans-serif}"
    "main{max-width:520px;margin:0 auto;padding:28px 32px;background:var(--card);border:1px solid var(--line)}"
    "h1{margin:0 0 8px;font:600 26px/32px 'Source Serif 4',Georgia,serif}"
    "p{margin:0 0 16px}.quiet{color:var(--quiet);font-size:14px;line-height:20px}"
    "form{margin:0 0 14px;padding-top:14px;border-top:1px solid var(--line)}"
    "button{padding:9px 18px;border:1px solid var(--accent);border-radius:3px;background:var(--card);"
    "color:var(--accent);font:inherit;font-weight:600;cursor:pointer}"
    "select{padding:8px;font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--line)}"
    "a.button{display:inline-block;padding:9px 18px;border:1px solid var(--accent);border-radius:3px;"
    "color:var(--accent);font-weight:600;text-decoration:none}"
    "button.first,a.button.first{background:var(--accent);color:var(--on)}"
    "label{display:block;margin:0 0 14px;font-weight:600;font-size:14px;line-height:20px}"
    "input{display:block;box-sizing:border-box;width:100%;margin-top:4px;padding:9px;font-family:inherit;"
    "font-size:16px;line-height:24px;font-weight:400;color:var(--ink);background:var(--card);"
    "border:1px solid var(--line);border-radius:3px}input[readonly]{background:var(--paper);color:var(--quiet)}"
    ".wrong{color:var(--accent);font-weight:600}"
    "button:focus-visible,select:focus-visible,input:focus-visible,a:focus-visible"
    "{outline:2px solid var(--accent);outline-offset:2px}"
)


def public_page(
    title: str, parts: Sequence[str], *, status: int = 200, more: Mapping[str, str] = MappingProxyType({})
) -> HTMLResponse:
    """Return a page of HTML `parts`; `more` headers come on top."""
    page = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{''.join(parts)}</main></body></html>"
    )
    return HTMLResponse(page, status_code=status, headers={**_HEADERS, **more})


def public_message(title: str, words: str, *, status: int) -> HTMLResponse:
    """Return a page of one sentence."""
    return public_page(title, [f"<p>{escape(words)}</p>"], status=status)


def public_problem(error: BroadsheetError) -> HTMLResponse:
    """Return the page for a link that does nothing."""
    if isinstance(error, TooManyRequests):
        said = [f"<p>{escape(error.user_message)}</p>"]
        wait = {"Retry-After": str(error.retry_after_s)}
        return public_page("A moment, please", said, status=error.http_status, more=wait)
    return public_message("This link does not work", error.user_message, status=error.http_status)
