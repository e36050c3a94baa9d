"""The README and the documents tell things as they are."""

from pathlib import Path

from core.catalog.sources import SOURCES
from core.domain.expression_functions import FUNCTIONS
from core.settings import settings_table

README = Path(__file__).resolve().parents[2] / "README.md"


def test_settings_table_is_the_settings_own() -> None:
    shown = README.read_text().split("<!-- settings -->\n")[1].split("\n<!-- /settings -->")[0]
    assert shown == settings_table()


def test_pictures_exist() -> None:
    for line in README.read_text().splitlines():
        for part in ("docs/images/builder.png", "docs/images/usage-summary.png"):
            if part in line:
                assert (README.parent / part).is_file()


def test_every_function_of_the_expression_language_is_documented() -> None:
    told = (README.parent / "docs" / "datasets.md").read_text()
    for function in FUNCTIONS.values():
        assert f"| `{function.signature}` | {function.explanation} |" in told


def test_every_kind_of_source_is_documented() -> None:
    told = (README.parent / "docs" / "datasets.md").read_text()
    for kind in SOURCES.values():
        assert kind.label.split()[0] in told
