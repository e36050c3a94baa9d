"""Every odd value through every format, read back by another program: equal, or counted as altered, cell by cell."""

import csv
import html
import io
import json
import math
import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
import python_calamine
from markdown_it import MarkdownIt
from openpyxl.utils import get_column_letter
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from core.artifacts.file_names import NAME_VARIABLES
from core.domain.csv_options import CsvOptions
from core.domain.field import NumberStyle
from core.domain.file_options import FileOptions, XlsxOptions
from core.render import RENDERERS
from core.render.cell_text import altered_in_words
from core.render.renderer import Wishes
from tests.poison_table import ROW, Kind, Poison, poison_result, poisons
from tests.template_workbooks import add_table, saved

BERLIN = "Europe/Berlin"
ZONES = (BERLIN, "America/New_York", "Europe/Dublin", "Africa/Monrovia", "Antarctica/Troll")
DOCS = Path(__file__).parents[2] / "docs" / "exports.md"
FORMATS = (*RENDERERS, "csv raw", "xlsx raw", "xlsx template")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STAMP = re.compile(r"(-?\d+)-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?([+-])(\d\d):(\d\d)(?::(\d\d))?)?$")


def rendered(name, columns, zone):
    renderer = RENDERERS[name.split()[0]].fitted(wishes_of(name, columns))
    target = io.BytesIO()
    return target, renderer.render(poison_result(columns, zone), target)


def wishes_of(name, columns):
    match name:
        case "csv raw":
            return Wishes(options=FileOptions(csv=CsvOptions(raw=True)))
        case "xlsx raw":
            return Wishes(options=FileOptions(xlsx=XlsxOptions(raw=True)))
        case "xlsx template":
            return Wishes(template=template_of(columns))
    return Wishes()


def template_of(columns):
    """A workbook to be filled: a table with a heading for each column."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "Rows"
    sheet.append([ROW, *(each.label for each in columns)])
    add_table(sheet, f"A1:{get_column_letter(len(columns) + 1)}2")
    return saved(workbook)


def days_of(year, month, day):
    """Days since 1970 in the calendar of today, carried on without end (Hinnant, days_from_civil)."""
    year -= month <= 2
    era, of_year = year // 400, (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    of_era = (year - era * 400) * 365 + (year - era * 400) // 4 - (year - era * 400) // 100 + of_year
    return era * 146_097 + of_era - 719_468


def stamped(text):
    """Days or microseconds since 1970 of ISO 8601, None for what is not."""
    match = _STAMP.match(text)
    if match is None:
        return None
    days = days_of(*(int(part) for part in match.groups()[:3]))
    if match[4] is None:
        return days
    clock = int(match[4]) * 3600 + int(match[5]) * 60 + int(match[6])
    shift = int(match[9]) * 3600 + int(match[10]) * 60 + int(match[11] or 0)
    seconds = days * 86_400 + clock - (shift if match[8] == "+" else -shift)
    return seconds * 1_000_000 + int((match[7] or "0").ljust(6, "0"))


def as_utf8(cell):
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return None


def exact(each: Poison, cell, text):
    """Whether `text`, of a format for machines, tells what went in and nothing else."""
    if cell is None or text is None:
        return cell is None and text is None
    if each.kind in (Kind.TEXT, Kind.BYTES):
        return text == as_utf8(cell)
    if each.kind is Kind.NESTED:
        return json.loads(text) == cell
    if each.kind is Kind.BOOLEAN:
        return text == str(cell).lower()
    if each.kind in (Kind.DAY, Kind.INSTANT):
        return stamped(text) == cell
    if each.kind is Kind.SPAN:
        return text == str(cell)
    if isinstance(cell, float):
        return math.isnan(cell) == (text == "NaN") and (text == "NaN" or is_same_float(each, float(text), cell))
    return Decimal(text).as_tuple() == Decimal(cell).as_tuple() or (cell == 0 and Decimal(text) == 0)


def is_same_float(each, value, cell):
    """Single precision has shorter texts, which name the same number in it alone."""
    return np.float32(value) == np.float32(cell) if pa.types.is_float32(each.array.type) else value == cell


def local_of(micros, zone):
    """The clock of `zone`; None where Python has no such year."""
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).astimezone(ZoneInfo(zone))
    except OverflowError:
        return None


def day_words(days):
    """ "23 Nov 2026", of any year."""
    year, month, day = str(np.datetime64(days, "D")).rsplit("-", 2)
    return f"{int(day)} {_MONTHS[int(month) - 1]} {year}"


def shown(each: Poison, cell, zone):
    """What people read, worked out here."""
    if cell is None:
        return ""
    if each.kind in (Kind.TEXT, Kind.BYTES):
        return as_utf8(cell)
    if each.kind is Kind.BOOLEAN:
        return "Yes" if cell else "No"
    if each.kind is Kind.DAY:
        return day_words(cell)
    if each.kind is Kind.INSTANT:
        local = local_of(cell, zone)
        if local is None:
            return None
        return f"{local.day} {_MONTHS[local.month - 1]} {local.year:04d}, {local:%H:%M}"
    if each.kind is Kind.SPAN:
        return str(cell)
    if each.format.style is NumberStyle.DURATION and math.isfinite(cell):
        return spoken(cell)
    if isinstance(cell, float):
        words = {"nan": "NaN", "inf": "∞", "-inf": "-∞"}
        return words.get(str(cell)) or (f"{cell:.2g}" if 0 < abs(cell) < 0.005 else f"{cell:,.2f}")
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:,f}"


def spoken(seconds):
    """A duration in its two largest units; a tenth of a second only below ten of them."""
    sign, size = ("-" if seconds < 0 else ""), abs(Decimal(seconds))
    if size < 10 and size % 1:
        return f"{sign}{size:.1f} s"
    whole = int(size.quantize(Decimal(1), ROUND_HALF_UP))
    if whole < 60:
        return f"{sign}{whole} s"
    if whole < 3600:
        return f"{sign}{whole // 60} min {whole % 60:02d} s"
    minutes = (whole + 30) // 60
    return f"{sign}{minutes // 60:,} h {minutes % 60:02d} min"


def typed(each: Poison, cell, value, zone):
    """Whether a workbook's cell holds what went in, as the type it is."""
    if cell in (None, b""):
        return value in (None, "")
    if each.kind in (Kind.TEXT, Kind.BYTES):
        return value == as_utf8(cell)
    if each.kind is Kind.NESTED:
        return json.loads(value) == cell
    if each.kind is Kind.BOOLEAN:
        return value is cell
    if each.kind is Kind.SPAN:
        return value == str(cell)
    if isinstance(value, str):
        return False
    if each.kind is Kind.DAY:
        return (value.date() if isinstance(value, datetime) else value) == date(1970, 1, 1) + timedelta(days=cell)
    if each.kind is Kind.INSTANT:
        local = local_of(cell, zone)
        again = local.replace(fold=1 - local.fold)
        clear = again.utcoffset() == local.utcoffset() or (again.utcoffset() > local.utcoffset() and not local.fold)
        off = abs(value - local.replace(tzinfo=None))
        return clear and off < timedelta(microseconds=20) and cell % 1000 == 0
    if pa.types.is_float32(each.array.type):
        return is_same_float(each, value, cell)
    return float(value) == float(cell) and (isinstance(cell, float) or Decimal(repr(float(value))) == cell)


class Cells(HTMLParser):
    """The cells of the page's table of rows."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.cell = [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append([])
        elif tag == "br":
            self.handle_data("\n")
        elif tag in ("td", "th"):
            self.cell = []

    def handle_endtag(self, tag):
        if tag in ("td", "th") and self.cell is not None:
            self.rows[-1].append("".join(self.cell))
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell.append(data)


def read_csv(target, columns):
    read = arrow_csv.read_csv(
        io.BytesIO(target.getvalue()),
        read_options=arrow_csv.ReadOptions(block_size=1 << 24, use_threads=False),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types={each.header: pa.string() for each in columns},
            null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
        ),
    )  # fmt: skip
    table = [read.column(each.header).to_pylist() for each in columns]
    csv.field_size_limit(1 << 20)
    again = list(csv.reader(io.StringIO(target.getvalue().decode(), newline=""), strict=True))[1:]
    assert [[cell or "" for cell in column] for column in table] == [list(cells) for cells in zip(*again)][1:]  # noqa: B905
    return table


def read_jsonl(target, columns):
    def plain(value):
        return str(value).lower() if isinstance(value, bool) else value

    lines = target.getvalue().decode().split("\n")[:-1]
    rows = [json.loads(line, parse_int=str, parse_float=str) for line in lines]
    return [[plain(row[each.column.key]) for row in rows] for each in columns]


def read_parquet(target, columns):
    table = parquet.read_table(io.BytesIO(target.getvalue()))
    return [table.column(each.column.key).combine_chunks() for each in columns]


def read_html(target, columns):
    rows = [row for row in Cells(target.getvalue().decode()).rows if row and re.fullmatch(r"row\d{3}", row[0])]
    return [[row[place + 1] for row in rows] for place in range(len(columns))]


def read_markdown(target, columns):
    """Cells as a reader of CommonMark shows them, lines of a cell apart."""
    page = MarkdownIt("commonmark").enable("table").render(target.getvalue().decode())
    rows = [row for row in Cells(page).rows if row and re.fullmatch(r"row\d{3}", row[0])]
    return [[row[place + 1] for row in rows] for place in range(len(columns))]


def unescaped(value):
    """ECMA-376 22.9.2.19: `_x005F_` is an underscore; neither reader takes that step in every cell."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda hit: chr(int(hit[1], 16)), value) if isinstance(value, str) else value


def read_xlsx(target, columns):
    sheet = openpyxl.load_workbook(io.BytesIO(target.getvalue()))["Rows"]
    cells = [[unescaped(cell) for cell in row] for row in sheet.iter_rows(min_row=2, values_only=True)]
    other = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(target.getvalue())).get_sheet_by_name("Rows")
    for row, again in zip(cells, other.to_python(skip_empty_area=False)[1:], strict=True):
        for cell, same in zip(row, again, strict=True):
            if isinstance(cell, str) and "_x" not in cell:
                assert cell.replace("\r\n", "\n") == same.replace("\r\n", "\n")
            elif isinstance(cell, (int, float)):
                assert cell == same
    return [list(column) for column in zip(*cells, strict=True)][1:]


def visible(text):
    """Letters and signs; spaces, line breaks and marks without a shape aside. Controls that are counted stay."""
    signs = unicodedata.normalize("NFC", text)
    return "".join(
        sign
        for sign in signs
        if sign in "\x0b\x0e" or not (sign.isspace() or (sign > "~" and unicodedata.category(sign) in ("Cf", "Cc")))
    )


def stands_in_pdf(target, wanted, path):
    """Whether poppler finds the text; its letters alone where their order is turned round or pages part them."""
    path.write_bytes(target.getvalue())
    found = visible(subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode())
    is_turned = any(unicodedata.bidirectional(sign) in ("R", "AL", "RLO") for sign in wanted)
    wanted = visible(wanted)
    return not Counter(wanted) - Counter(found) if is_turned or len(wanted) > 100 else wanted in found


READERS = {
    "csv": read_csv,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
    "html": read_html,
    "xlsx": read_xlsx,
    "markdown": read_markdown,
}


def differing(name, each, read, zone):
    """Rows whose cell is not what went in."""
    if name == "parquet":
        given = each.array
        if each.kind is Kind.TEXT:
            read = [cell.as_py() for cell in read]
            return [
                row for row, cell in enumerate(each.cells) if read[row] != (cell if cell is None else as_utf8(cell))
            ]
        same = read.slice(0, len(given))
        return [
            row for row in range(len(given)) if not (same[row].equals(given[row]) or str(same[row]) == str(given[row]))
        ]
    if name in ("csv", "csv raw", "jsonl"):
        return [row for row, cell in enumerate(each.cells) if not exact(each, cell, read[row])]
    if name.startswith("xlsx"):
        return [row for row, cell in enumerate(each.cells) if not typed(each, cell, read[row], zone)]
    if name == "markdown":
        return [row for row, cell in enumerate(each.cells) if not reads(each, one_break(cell), read[row], zone)]
    return [row for row, cell in enumerate(each.cells) if not reads(each, cell, read[row], zone)]


def one_break(cell):
    """A line ends in one way where people read it."""
    return re.sub(b"\r\n|\r", b"\n", cell) if isinstance(cell, bytes) else cell


def reads(each, cell, text, zone):
    if each.kind is Kind.NESTED and cell is not None:
        return json.loads(text) == cell
    wanted = shown(each, cell, zone)
    return text == wanted or (wanted is None and each.kind is Kind.INSTANT and text != "")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "pdf"])
def test_every_cell_is_equal_or_counted(name, zone):
    columns = poisons(zone)
    target, rendering = rendered(name, columns, zone)
    read = READERS[name.split()[0]](target, columns)
    wrong = {}
    for each, cells in zip(columns, read, strict=True):
        counted = sum(rendering.altered.get(each.label, {}).values())
        rows = differing(name, each, cells, zone)
        if len(rows) != counted:
            wrong[each.label] = (counted, [(each.cells[row], cells[row]) for row in rows])
    assert {label: str(what)[:900] for label, what in wrong.items()} == {}


def own_words(name, target, path):
    """What the file itself says, spaces aside; None for rows alone, whose manifest lies beside them."""
    if name.startswith(("csv", "jsonl")):
        return None
    if name.startswith("xlsx"):
        workbook = openpyxl.load_workbook(io.BytesIO(target.getvalue()))
        words = " ".join(str(cell) for row in workbook["About"].values for cell in row)
    elif name == "parquet":
        words = json.loads(parquet.read_metadata(io.BytesIO(target.getvalue())).metadata[b"broadsheet"])[
            "Altered cells"
        ]
    elif name == "markdown":
        page = MarkdownIt("commonmark").render(target.getvalue().decode().split("## About this report")[-1])
        words = html.unescape(re.sub("<[^>]+>", " ", page))
    elif name == "html":
        words = " ".join(html.unescape(target.getvalue().decode()).split("<footer>")[-1].split())
    else:
        path.write_bytes(target.getvalue())
        words = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, check=True).stdout.decode()
    return "".join(words.split())


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler is not installed")
@pytest.mark.parametrize("name", FORMATS)
def test_each_altered_column_is_told_in_the_file_itself(name, tmp_path):
    target, rendering = rendered(name, poisons(BERLIN), BERLIN)
    told = own_words(name, target, tmp_path / "one.pdf")
    assert rendering.altered
    if told is not None:
        lines = altered_in_words(rendering.altered)
        assert [line for line in lines if "".join(line.split()) not in told] == []


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler is not installed")
@pytest.mark.parametrize("each", poisons(BERLIN), ids=lambda each: each.label)
def test_every_cell_of_a_pdf_is_equal_or_counted(each, tmp_path):
    for row, cell in enumerate(each.cells):
        one = replace(each, cells=[cell], array=each.array.slice(row, 1))
        target, rendering = rendered("pdf", [one], BERLIN)
        counted = sum(rendering.altered.get(each.label, {}).values())
        wanted = (
            json.dumps(cell, ensure_ascii=False)
            if each.kind is Kind.NESTED and cell is not None
            else shown(one, cell, BERLIN)
        )
        is_equal = wanted is not None and "\x00" not in wanted and stands_in_pdf(target, wanted, tmp_path / "one.pdf")
        if wanted is None and each.kind is Kind.INSTANT:
            continue  # years that only the exact text has an oracle for
        assert is_equal == (counted == 0), (cell if len(str(cell)) < 99 else "long", counted)


def odd_values_table():
    """What the formats do with each kind of odd value, as the document shows it."""
    columns = poisons(BERLIN)
    altered = {name: rendered(name, columns, BERLIN)[1].altered for name in FORMATS}
    lines = [f"| value | {' | '.join(FORMATS)} |", "| --- " * (len(FORMATS) + 1) + "|"]
    for each in columns:
        said = ["; ".join(altered[name].get(each.label, {})) or "kept" for name in FORMATS]
        lines.append(f"| {each.label} | {' | '.join(said)} |")
    return "\n".join(lines)


def part_of_docs(mark):
    return DOCS.read_text(encoding="utf-8").split(f"<!-- {mark} -->\n")[1].split(f"\n<!-- /{mark} -->")[0]


def test_the_document_tells_what_happens_to_odd_values():
    assert part_of_docs("odd values") == odd_values_table()


def test_the_document_tells_every_variable_of_file_names():
    told = part_of_docs("names")
    assert told == "| variable | is |\n| --- | --- |\n" + "\n".join(
        f"| `{{{name}}}` | {meaning} |" for name, meaning in NAME_VARIABLES.items()
    )
