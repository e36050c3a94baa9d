"""What stands in the files of a workspace: YAML without surprises, names of files, and differences in words."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.services.as_code.differences import differences
from core.services.as_code.names import Names, Slot, slug, stems
from core.services.as_code.schemas import schema_files
from core.services.as_code.secret_names import placeholder
from core.services.as_code.yaml_text import YamlMistake, read_yaml, write_yaml

_TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4), max_leaves=12
)
AMBIGUOUS = ["no", "on", "Yes", "09:00", "10:30", "2026-11-23", "1_000", "1e3", "007", "0x1F", "~", "null", "", "a\n b"]


@given(_VALUES)
def test_what_is_written_is_read_as_it_was(value: Any) -> None:
    assert json.dumps(read_yaml(write_yaml(value)).data) == json.dumps(value)


@pytest.mark.parametrize("words", AMBIGUOUS)
def test_no_other_reader_takes_a_text_for_something_else(words: str) -> None:
    assert read_yaml(write_yaml({"a": words})).data == {"a": words}
    assert yaml.safe_load(write_yaml({"a": words})) == {"a": words}


def test_plain_words_are_what_they_look_like() -> None:
    read = read_yaml("day: 2026-11-23\ntime: 10:30\nflag: on\nlist: [1, 1.5, true, ~]\n")
    assert read.data == {"day": "2026-11-23", "time": "10:30", "flag": "on", "list": [1, 1.5, True, None]}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "'a' is there twice"),
        ("a: &x 1\nb: 2\n", 1, "Anchors"),
        ("a:\n  - *x\n", 2, "Anchors"),
        ("a: !!python/name:os.system x\n", 1, "Only texts"),
        ("1: x\n", 1, "A key is a text"),
        ("a: 1\n b: 2\n", 2, "not YAML"),
        ("a: 1e999\n", 1, "too large"),
        ("[" * 100, 1, "levels deep"),
        ("a: \x01\n", 1, "characters"),
    ],
)
def test_what_is_not_read_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(YamlMistake, match=words) as refused:
        read_yaml(text)
    assert refused.value.line == line


def test_a_place_that_is_not_there_lies_on_the_line_around_it() -> None:
    read = read_yaml("name: A\nfields:\n  - name: x\n    label: X\n")
    places = ["name", "fields[0].label", "fields[0].format.unit", "fields[7]", "elsewhere", None]
    assert [read.line_of(place) for place in places] == [1, 4, 3, 2, 1, 1]


def test_files_are_called_after_their_things() -> None:
    assert slug("Usage Summary, every Monday", "schedule") == "usage-summary-every-monday"
    assert slug("Café & Crème", "report") == "cafe-creme"
    assert slug("売上", "report") == slug("売上", "report") != slug("費用", "report")
    assert placeholder("source", "Wärehouse (new)", "private_key") == "${SOURCE_WAREHOUSE_NEW_PRIVATE_KEY}"


def test_namesakes_are_told_apart_by_what_they_say_and_not_by_their_order() -> None:
    named = [("Sales", "b"), ("sales!", "x"), ("Sales", "a"), ("sales-2", "y")]
    found = dict(zip(named, stems(named, "report"), strict=True))
    assert sorted(found.values()) == ["sales", "sales-2", "sales-3", "sales-4"]
    assert found["sales-2", "y"] == "sales-2"
    assert dict(zip(named[::-1], stems(named[::-1], "report"), strict=True)) == found


def test_a_name_refers_to_the_one_that_has_it_and_a_file_to_the_others() -> None:
    names = Names()
    slots = [
        names.add(Slot(folder="reports", name=name, stem=stem)) for name, stem in (("A", "a"), ("B", "b"), ("B", "b-2"))
    ]
    names.settle("reports")
    assert [slot.reference for slot in slots] == ["A", "b", "b-2"]
    assert names.find("reports", "b-2", noun="report") is slots[2]
    with pytest.raises(Exception, match="Several are called 'B'"):
        names.find("reports", "B", noun="report")


def test_differences_name_the_place() -> None:
    before = {"a": [{"name": "x", "n": 1}, {"name": "y", "n": 2}], "b": [1, 2], "c": "same", "d": True}
    after = {
        "a": [{"name": "z", "n": 0}, {"name": "x", "n": 1}, {"name": "y", "n": 3}],
        "b": [2, 1],
        "c": "same",
        "d": 1,
    }
    assert list(differences(before, after)) == [
        "a[y].n: 2 -> 3",
        'a[z]: {"name": "z", "n": 0} (new)',
        "b[0]: 1 -> 2",
        "b[1]: 2 -> 1",
        "d: true -> 1",
    ]
    assert list(differences({"a": [{"id": "x"}, {"id": "y"}]}, {"a": [{"id": "y"}, {"id": "x"}]})) == [
        "a: in another order"
    ]


def test_schemas_speak_of_names_and_never_of_ids() -> None:
    schemas = schema_files()
    assert len(schemas) == 8
    for name, text in schemas.items():
        assert "dataset_id" not in text, name
        assert "report_id" not in text, name
        assert json.loads(text)["additionalProperties"] is False, name
