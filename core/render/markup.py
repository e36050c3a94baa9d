"""Escaping for XML and HTML, one value at a time or a whole Arrow column at once."""

from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.render.cell_text import clean_characters, text_bytes

_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"))


def escaped(text: str) -> str:
    """`text` for element content and quoted attributes, without characters that XML cannot carry."""
    return escape(clean_characters(text), {'"': "&quot;", "\r": "&#13;"})


def escape_column(text: pa.Array) -> pa.Array:
    """A clean text column for element content; a parser gives back every character, CR included. Nulls stay."""
    data = np.frombuffer(text_bytes(text), np.uint8)
    for character, entity in _ENTITIES:
        if (data == ord(character)).any():
            text = pc.replace_substring(text, character, entity)
    return text
