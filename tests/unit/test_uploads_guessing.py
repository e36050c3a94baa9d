"""What is guessed of texts: types from every cell, headings, delimiters, encodings, and words on what is unsure."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.catalog.uploads import child
from core.catalog.uploads.headings import has_header, unique_headings
from core.catalog.uploads.limits import LIMITS, UploadLimits
from core.catalog.uploads.magic import detect_format
from core.catalog.uploads.write import read_sample
from core.domain.field import FieldType
from core.domain.upload import ColumnChoice, DateOrder, ReadColumn, UploadOptions
from core.domain.upload_json import dump_options, load_columns, parse_options
from core.errors import InvalidUpload

Values = list[Any]


def utc(*parts: int) -> datetime:
    """A naive time, as files have them: UTC without saying so."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[misc, arg-type]


class Read:
    """A file read in this process."""

    def __init__(self, folder: Path, data: str | bytes, name: str, limits: UploadLimits, **options: Any) -> None:
        (folder / child.DATA).write_bytes(data.encode() if isinstance(data, str) else data)
        (folder / child.TYPED).unlink(missing_ok=True)
        self.outcome = child._read(folder, name, UploadOptions(**options), limits)
        self.table = read_sample(folder / child.TYPED, 100_000)
        self.columns = {column.name: column for column in load_columns(self.outcome["columns"])}

    def __getitem__(self, name: str) -> tuple[FieldType, Values]:
        return self.columns[name].type, self.table.column(name).to_pylist()


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    def _read(data: str | bytes, name: str = "a.csv", limits: UploadLimits = LIMITS, **options: Any) -> Read:
        return Read(tmp_path, data, name, limits, **options)

    return _read


def column(read: Callable[..., Read], *cells: str, **options: Any) -> tuple[ReadColumn, Values]:
    """The cells as one column beside another one."""
    lines = "".join(f'"{cell}";x\n' for cell in cells)
    found = read(f"v;w\n{lines}", delimiter=";", has_header=True, **options)
    return found.columns["v"], found.table.column("v").to_pylist()


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (("1", "-20", "300"), FieldType.INTEGER, [1, -20, 300]),
        (("1.50", "2"), FieldType.DECIMAL, [Decimal("1.50"), Decimal("2.00")]),
        (("1.234,50", "-2,00"), FieldType.DECIMAL, [Decimal("1234.50"), Decimal("-2.00")]),
        (("1,234.50", "(2.00)"), FieldType.DECIMAL, [Decimal("1234.50"), Decimal("-2.00")]),
        (("1 234,5", "2\u202f000,5"), FieldType.DECIMAL, [Decimal("1234.5"), Decimal("2000.5")]),
        (("1'234.5", "1"), FieldType.DECIMAL, [Decimal("1234.5"), Decimal("1.0")]),
        (("1,234,567", "1"), FieldType.INTEGER, [1234567, 1]),
        (("12.5%", "3 %"), FieldType.DECIMAL, [Decimal("0.125"), Decimal("0.030")]),
        (("€ 5.20", "€7.10"), FieldType.DECIMAL, [Decimal("5.20"), Decimal("7.10")]),
        (("00123", "456"), FieldType.TEXT, ["00123", "456"]),
        (("12345678901234567890", "1"), FieldType.TEXT, ["12345678901234567890", "1"]),
        (("+4930123", "+4930124"), FieldType.TEXT, ["+4930123", "+4930124"]),
        (("1E5", "2E7"), FieldType.TEXT, ["1E5", "2E7"]),
        (("0x1F", "1_000"), FieldType.TEXT, ["0x1F", "1_000"]),
        (("inf", "NaN"), FieldType.TEXT, ["inf", "NaN"]),
        (("5 €", "5 $"), FieldType.TEXT, ["5 €", "5 $"]),
        (("yes", "No"), FieldType.BOOLEAN, [True, False]),
        (("y", "n"), FieldType.BOOLEAN, [True, False]),
        (("n", "n"), FieldType.TEXT, ["n", "n"]),
        (("2026-11-23", "2024-02-29"), FieldType.DATE, [date(2026, 11, 23), date(2024, 2, 29)]),
        (("23.11.2026", "1.2.2026"), FieldType.DATE, [date(2026, 11, 23), date(2026, 2, 1)]),
        (("11/23/2026", "1/2/2026"), FieldType.DATE, [date(2026, 11, 23), date(2026, 1, 2)]),
        (("23/11/26", "1/2/26"), FieldType.DATE, [date(2026, 11, 23), date(2026, 2, 1)]),
        (("23 Nov 2026", "1-February-2026"), FieldType.DATE, [date(2026, 11, 23), date(2026, 2, 1)]),
        (("Nov 23, 2026", "Feb 1 2026"), FieldType.DATE, [date(2026, 11, 23), date(2026, 2, 1)]),
        (("2026-02-30", "2026-02-28"), FieldType.TEXT, ["2026-02-30", "2026-02-28"]),
        (("13/13/2026", "1/2/2026"), FieldType.TEXT, ["13/13/2026", "1/2/2026"]),
        (
            ("2026-11-23T09:00:00+05:30", "2026-11-23 09:00:00.5Z"),
            FieldType.DATETIME,
            [utc(2026, 11, 23, 3, 30), utc(2026, 11, 23, 9, 0, 0, 500000)],
        ),
        (
            ("23.11.2026 09:05", "1.2.2026, 23:59:59"),
            FieldType.DATETIME,
            [utc(2026, 11, 23, 9, 5), utc(2026, 2, 1, 23, 59, 59)],
        ),
        (("11/23/2026 1:05 PM", "1/2/2026"), FieldType.DATETIME, [utc(2026, 11, 23, 13, 5), utc(2026, 1, 2)]),
        (("20261123", "20260101"), FieldType.INTEGER, [20261123, 20260101]),
        (("abc", "1"), FieldType.TEXT, ["abc", "1"]),
    ],
)
def test_types_are_guessed_from_the_cells(
    read: Callable[..., Read], cells: tuple[str, ...], kind: FieldType, values: Values
) -> None:
    found, given = column(read, *cells)
    assert (found.type, given) == (kind, values)
    assert found.unreadable == 0


def test_one_cell_at_the_very_end_decides(read: Callable[..., Read]) -> None:
    found, _ = column(read, *map(str, range(1, 3000)), "n/a")
    assert found.type is FieldType.TEXT
    assert found.note == "2,999 of 3,000 values read as numbers; others do not, such as 'n/a'."


def test_days_above_twelve_decide_and_without_them_it_is_said(read: Callable[..., Read]) -> None:
    unsure, values = column(read, "03/04/2026", "05/06/2026")
    assert values == [date(2026, 4, 3), date(2026, 6, 5)]
    assert "other way round" in unsure.note
    chosen, values = column(read, "03/04/2026", "05/06/2026", date_order=DateOrder.MONTH_FIRST)
    assert values == [date(2026, 3, 4), date(2026, 5, 6)]
    assert chosen.note == ""


def test_another_column_of_the_file_settles_what_one_leaves_open(read: Callable[..., Read]) -> None:
    found = read("a,b\n03/04/2026,11/23/2026\n05/06/2026,12/31/2026\n")
    assert found["a"] == (FieldType.DATE, [date(2026, 3, 4), date(2026, 5, 6)])
    assert found.outcome["options"]["date_order"] == "month_first"
    numbers = read('a,b\n"1,234","5,5"\n"2,345","7,25"\n')
    assert numbers["a"][1] == [Decimal("1.234"), Decimal("2.345")]


def test_thousands_and_decimals_that_look_alike_are_said_to(read: Callable[..., Read]) -> None:
    found = read('a,b\n"1,234",x\n"2,345",y\n')
    assert found["a"] == (FieldType.INTEGER, [1234, 2345])
    assert "other way round" in found.columns["a"].note
    assert found.outcome["warnings"] == ["Look at a: more than one reading is possible."]
    assert read('a,b\n"1,234",x\n', decimal=",")["a"] == (FieldType.DECIMAL, [Decimal("1.234")])


def test_a_chosen_type_counts_what_cannot_be_read(read: Callable[..., Read]) -> None:
    found, values = column(
        read, "1", "n/a", "2.5", "", "7", columns=(ColumnChoice(heading="v", type=FieldType.INTEGER),)
    )
    assert values == [1, None, None, None, 7]
    assert (found.filled, found.empty, found.unreadable, found.examples) == (4, 1, 2, ("2.5", "n/a"))


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [
        ("00123", FieldType.INTEGER, 123),
        ("20261123", FieldType.DATE, date(2026, 11, 23)),
        ("1.234,5", FieldType.DECIMAL, Decimal("1234.5")),
        ("1", FieldType.TEXT, "1"),
        ("1.5", FieldType.TEXT, "1.5"),
        ("yes", FieldType.BOOLEAN, True),
        ("1e3", FieldType.DECIMAL, 1000.0),
    ],
)
def test_other_types_can_be_chosen(read: Callable[..., Read], cell: str, kind: FieldType, value: Any) -> None:
    found, values = column(read, cell, columns=(ColumnChoice(heading="v", type=kind),))
    assert (found.type, values, found.unreadable) == (kind, [value], 0)


def test_halves_of_chosen_numbers_stay_exact_and_infinite_ones_are_none(read: Callable[..., Read]) -> None:
    found, values = column(read, "1.005", "2.5", "-1.005")
    assert (found.type, values) == (FieldType.DECIMAL, [Decimal("1.005"), Decimal("2.500"), Decimal("-1.005")])
    found, values = column(read, "1.5", "1e999", columns=(ColumnChoice(heading="v", type=FieldType.DECIMAL),))
    assert (found.unreadable, values) == (1, [Decimal("1.5"), None])


@pytest.mark.parametrize("last", ["1 234", "1.5", "(7)", "12345678901234567"])
def test_what_the_first_cells_rule_out_is_still_asked_of_the_last(read: Callable[..., Read], last: str) -> None:
    found, values = column(read, *map(str, range(1, 3000)), last)
    expected = {"1 234": 1234, "1.5": Decimal("1.5"), "(7)": -7}
    if last in expected:
        assert (found.type.is_number, values[-1], values[0]) == (True, expected[last], 1)
    else:
        assert (found.type, values[-1]) == (FieldType.TEXT, last)


def test_empty_words_are_empty_and_empty_texts_stay(read: Callable[..., Read]) -> None:
    found = read('a,b\n1,x\nN/A,""\n3,\n', empty_words=("n/a",))
    assert found["a"] == (FieldType.INTEGER, [1, None, 3])
    assert found["b"] == (FieldType.TEXT, ["x", "", None])


def test_times_without_an_offset_are_local_to_a_timezone(read: Callable[..., Read]) -> None:
    found, values = column(read, "2026-01-01 10:00", "2026-07-01 10:00", timezone="Europe/Berlin")
    assert found.type is FieldType.DATETIME
    assert values == [utc(2026, 1, 1, 9), utc(2026, 7, 1, 8)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(read: Callable[..., Read], delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in (("a", "b", "c"), ("1", "x", "2"), ("3", "y", "4")))
    found = read(text)
    assert list(found.columns) == ["a", "b", "c"]
    assert found.outcome["options"]["delimiter"] == delimiter


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_way_and_cells_keep_theirs(read: Callable[..., Read], ends: str) -> None:
    found = read(ends.join(["a,b", '1,"x\r\ny"', "2,z", ""]))
    assert found["b"] == (FieldType.TEXT, ["x\r\ny", "z"])


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("ä,b\nö,1\n".encode(), "utf-8"),
        (b"\xef\xbb\xbf" + "ä,b\nö,1\n".encode(), "utf-8"),
        ("ä,b\nö,1\n".encode("utf-16"), "utf-16"),
        ("ä,b\nö,1\n".encode("utf-16-le"), "utf-16-le"),
        ("ä,b\nö,1\n".encode("cp1252"), "windows-1252"),
    ],
)
def test_the_encoding_is_found(read: Callable[..., Read], data: bytes, encoding: str) -> None:
    found = read(data)
    assert list(found.columns) == ["ä", "b"]
    assert found["ä"][1] == ["ö"]
    assert found.outcome["options"]["encoding"] == encoding
    assert bool(found.outcome["warnings"]) == (encoding == "windows-1252")


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ("a,b\n1,2\n3\n", {}, "Line 3 has 1 cell, not 2"),
        ('a,b\n"x\ny",2\n3,4,5\n', {}, "Line 4 has 3 cells, not 2"),
        ('a,b\n1,"x\n2,3\n', {}, "quotation mark"),
        ("a,b\n1,2\x00\n", {}, "Line 2 holds a NUL"),
        (b"a,b\n1,\x81\n", {}, "neither UTF-8, UTF-16 nor Windows-1252"),
        (b"a,b\n1,\xff\n", {"encoding": "utf-8"}, "is not utf-8"),
        ("a,b\n1,2\n", {"encoding": "klingon"}, "no encoding called 'klingon'"),
        ("a,b\n1,2\n", {"encoding": "base64"}, "no encoding called 'base64'"),
        ("a,b\n1,2\n", {"delimiter": ";;"}, "one character"),
        ("a,b\n1,2\n", {"columns": (ColumnChoice(heading="c"),)}, "no column called 'c'"),
        (
            "a,b\n1,2\n",
            {"columns": (ColumnChoice(heading="a", name="B"),)},
            "Two columns would be called",
        ),
        ("a,b\n1,2\n", {"columns": (ColumnChoice(heading="a", name="x\ny"),)}, "cannot be the name"),
        (
            "a,b\n1,2\n",
            {"columns": tuple(ColumnChoice(heading=name, is_left_out=True) for name in "ab")},
            "Every column is left out",
        ),
        ("\n\n", {}, "is empty"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    read: Callable[..., Read], data: str | bytes, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidUpload, match=message):
        read(data, **options)


def test_too_many_columns_and_cells_are_refused(read: Callable[..., Read]) -> None:
    with pytest.raises(InvalidUpload, match="has 3 columns; at most 2"):
        read("a,b,c\n1,2,3\n", limits=UploadLimits(columns=2))
    with pytest.raises(InvalidUpload, match="at most 5 cells"):
        read("a,b\n1,2\n3,4\n5,6\n", limits=UploadLimits(cells=5))


def test_titles_above_the_table_are_left_out_and_said(read: Callable[..., Read]) -> None:
    found = read("Sales of November\n\nregion,amount\nNorth,1\nSouth,2\n")
    assert list(found.columns) == ["region", "amount"]
    assert found.outcome["warnings"] == ["2 rows above the table left out."]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["id", "name"], ["1", "x"]], True),
        ([["1", "x"], ["2", "y"]], False),
        ([["first", "last"], ["Ann", "Bee"]], True),
        ([["x", "y"], ["x", "z"]], False),
        ([["region", "2024", "2025"], ["North", "1", "2"]], True),
        ([["a", "a", ""], ["1", "2", "3"]], True),
        ([["2026-01-01", "x"], ["2026-01-02", "y"]], False),
        ([["only", "headings"]], True),
    ],
)
def test_headings_are_told_from_values(rows: list[list[str]], expected: bool) -> None:
    assert has_header(rows) is expected


def test_empty_double_and_odd_headings_get_names() -> None:
    names, words = unique_headings(["a", "A", "", " b\n c ", "filename"])
    assert names == ("a", "A (2)", "Column 3", "b c", "filename (2)")
    assert words[0] == "1 column without a heading, called 'Column 3'."
    assert words[1].startswith("Headings that come more than once")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.xlsx", b"a,b\n1,2\n", "says an XLSX workbook, but the content is plain text"),
        ("a.csv", b"%PDF-1.7 ...", "says a text table .* but the content is a PDF document"),
        ("a.parquet", b"PK\x03\x04....", "damaged"),
        ("a.csv", b"\x89PNG\r\n\x1a\n....", "PNG image"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel workbook"),
        ("a.csv", b'{"a": 1}\n', "content is JSON lines"),
        ("a.json", b"a,b\n1,2\n", "says JSON lines, but the content is plain text"),
        ("a.csv", b"<!DOCTYPE html><html>", "web page"),
        ("a.csv", b"\x7fELF\x02\x01\x01", "a program"),
        ("a.exe", b"a,b\n1,2\n", "ends in '.exe'"),
        ("a.csv", b"  \n", "is empty"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / "data").write_bytes(data)
    with pytest.raises(InvalidUpload, match=message):
        detect_format(tmp_path / "data", name)


def test_options_come_back_from_json_and_unknown_ones_are_refused() -> None:
    options = UploadOptions(
        sheet="S", date_order=DateOrder.MONTH_FIRST, columns=(ColumnChoice(heading="a", type=FieldType.DATE),)
    )
    assert parse_options(json.loads(json.dumps(dump_options(options)))) == options
    for data, place in (
        ({"shet": "x"}, "options.shet"),
        ({"columns": [{"heading": "a", "typ": "text"}]}, "options.columns.0.typ"),
        ({"decimal": ";"}, "options.decimal"),
        ({"timezone": "Mars/Base"}, "options.timezone"),
        ({"skip_rows": -1}, "options.skip_rows"),
    ):
        with pytest.raises(InvalidUpload) as caught:
            parse_options(data)
        assert caught.value.place == place
