"""A measured figure beside its limit, and the table that all benches print."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

_PACKAGES = (
    "streamlit",
    "sqlalchemy",
    "duckdb",
    "pyarrow",
    "reportlab",
    "kaleido",
    "procrastinate",
    "adbc-driver-postgresql",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure; `limit` is what it must stay under, in the same unit, None where it is only stated."""

    name: str
    measured: float
    unit: str
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        """Measured over limit."""
        return None if self.limit is None else self.measured / self.limit


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as a Markdown table; a ratio above 1 misses its limit and says so."""
    lines = ["| figure | measured | limit | ratio |", "| --- | ---: | ---: | ---: |"]
    for figure in figures:
        limit = "" if figure.limit is None else f"{figure.limit:,.4g} {figure.unit}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}{' (missed)' if figure.ratio > 1 else ''}"
        lines.append(f"| {figure.name} | {figure.measured:,.4g} {figure.unit} | {limit} | {ratio} |")
    return "\n".join(lines)


def machine() -> str:
    """Return what the figures were measured on, in one paragraph."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{datetime.now(UTC):%d %B %Y}; {os.cpu_count()} cores, {platform.system()} on {platform.machine()}, "
        f"Python {platform.python_version()}; {packages}; load when it was over: {os.getloadavg()[0]:.1f}."
    )
