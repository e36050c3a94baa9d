"""What changed since the run before: headline figures then and now, and how many rows came, went and changed."""

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

import streamlit as st

from core.domain.access import Principal
from core.domain.run import Run
from pages.widgets import words


def changes(principal: Principal, run: Run) -> None:
    """Draw it; nothing where there is no run to compare with."""
    found: Mapping[str, Any] | None = (run.fingerprint or {}).get("changes")
    if not found:
        return
    since = words.moment(datetime.fromisoformat(found["since"]), principal.timezone, zone=False)
    st.html(f'<div class="bs-eyebrow">Changed since {escape(since)}</div>')
    if found["is_same"] and not found["measures"]:
        st.caption("Nothing: the result is the same.")
    else:
        lines = "".join(_figure(one) for one in found["measures"])
        st.html(f'<div class="bs-list">{lines}{_rows(found)}</div>')
    if found.get("since_run"):
        st.page_link("runs.py", label="The run before", query_params={"run": str(found["since_run"])})


def _figure(moved: Mapping[str, Any]) -> str:
    percent = moved.get("percent")
    change = "" if percent is None else f"{percent:+,.1f}%"
    return (
        f'<div class="bs-item"><div>{escape(str(moved["label"]))}</div><div class="bs-num">{change}</div>'
        f'<div class="bs-quiet bs-note">{escape(str(moved["before"]))} before, '
        f"{escape(str(moved['after']))} now</div></div>"
    )


def _rows(found: Mapping[str, Any]) -> str:
    counts = [(found.get(name), name) for name in ("added", "removed", "changed")]
    if any(count is None for count, _ in counts):
        rows = found["rows"]
        said = f"{rows:+,}" if rows else "as many, with other values"
    else:
        said = ", ".join(f"{count:,} {name}" for count, name in counts if count)
        said = said or "the same, in another order"
    return f'<div class="bs-item"><div>Rows</div><div class="bs-num">{escape(said)}</div></div>'
