"""Where people look at what a run was made of: its report, or its dashboard with the filters that it was given."""

import json
from urllib.parse import urlencode

from core.db.run_repository import LedgerRun
from core.domain.dashboard_json import parse_question


def subject_url(run: LedgerRun, base_url: str) -> str | None:
    """Return the address of a run's report or dashboard; None where nothing was saved."""
    if run.report_id is not None:
        return f"{base_url}/?report={run.report_id}"
    question = parse_question(run.definition)
    if question is None:
        return None
    pairs = [("dashboard", str(question.dashboard_id))]
    for name, value in sorted(run.parameters.items()):
        pairs += [(f"f.{name}", _text(one)) for one in (value if isinstance(value, list) else [value])]
    return f"{base_url}/dashboard?{urlencode(pairs)}"


def _text(value: object) -> str:
    """As the screen reads it: a window as JSON, all else as it is."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
