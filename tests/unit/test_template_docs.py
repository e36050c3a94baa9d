"""Every name that a template's cells may bear is documented."""

import re
from pathlib import Path

from core.render.xlsx.template_names import MEANINGS, meaning_of, slug

DOCS = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")


def test_every_name_is_documented_and_every_documented_name_means_something() -> None:
    rows = [line.split("|")[1] for line in DOCS.splitlines() if line.startswith("| `broadsheet.")]
    listed = {name.strip("`").removeprefix("broadsheet").removeprefix(".") for row in rows for name in row.split()}
    assert {name for name in listed if "<" not in name} == set(MEANINGS)
    assert all(meaning_of(f"broadsheet.{re.sub('<.*?>', 'x', name)}") for name in listed)
    assert meaning_of("broadsheet.kpi_") is None
    assert slug("Revenue (EUR)") == "revenue_eur"
