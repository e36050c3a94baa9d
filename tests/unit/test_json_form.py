"""Mistakes in JSON are told in plain words, with their places."""

from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, StrictBool, ValidationError

from core.domain.file_options import parse_file_options
from core.domain.json_form import first_mistake
from core.errors import InvalidInput


class _Form(BaseModel):
    number: Annotated[int, Field(ge=1, le=1000)] = 1
    text: Annotated[str, Field(min_length=1, max_length=2000)] = "a"
    entries: Annotated[list[str], Field(min_length=2, max_length=3)] = ["a", "b"]
    truth: StrictBool = True
    id: UUID = UUID(int=0)
    names: dict[str, str] = {}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"number": "a"}, "number: A whole number is needed here."),
        ({"number": 1.5}, "number: A whole number is needed here."),
        ({"number": 0}, "number: It must be at least 1."),
        ({"number": 1001}, "number: It must be at most 1,000."),
        ({"text": 5}, "text: A text is needed here."),
        ({"text": ""}, "text: It cannot be empty."),
        ({"text": "a" * 2001}, "text: It may have up to 2,000 characters."),
        ({"entries": {}}, "entries: A list is needed here."),
        ({"entries": ["a"]}, "entries: It needs at least 2 entries."),
        ({"truth": "yes"}, "truth: Either true or false is needed here."),
        ({"id": "x"}, "id: An id is needed here."),
        ({"names": []}, "names: An object with keys is needed here."),
        ({"names": {"a": 1}}, "names.a: A text is needed here."),
    ],
)
def test_mistakes_are_told_in_plain_words(data: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _Form.model_validate(data)
    assert first_mistake(caught.value)[1] == words


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        ({"csv": []}, "options.csv", "An object with keys is needed here."),
        ({"pdf": 3}, "options.pdf", "An object with keys is needed here."),
        ({"pdf": {"style": "grand"}}, "options.pdf.style", "'grand' is not one of 'compact' or 'cover'."),
        ({"xlsx": {"cover": "yes"}}, "options.xlsx.cover", "Either true or false is needed here."),
        ({"xlsx": {"template_id": "mine"}}, "options.xlsx.template_id", "An id is needed here."),
        ({"file_name": " "}, "options.file_name", "It cannot be empty."),
        ({"zip": 1}, "options.zip", "Either true or false is needed here."),
    ],
)
def test_options_of_files_are_refused_in_plain_words(data: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_file_options(data)
    assert (caught.value.place, caught.value.user_message.partition(": ")[2]) == (place, words)
