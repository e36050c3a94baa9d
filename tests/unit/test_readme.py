"""The README tells the settings as they are."""

from pathlib import Path

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
