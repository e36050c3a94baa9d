"""SVG of charts as equal bytes for equal figures: Plotly draws names by lot and writes attributes in any order."""

import re
from xml.etree.ElementTree import canonicalize

_LOT = re.compile(r'<defs id="defs-([0-9a-f]{6})"')
_NAMES = r"""((?:\bid="|url\(["']?#|url\(&quot;#|href="#)[\w-]*?)%s"""
_CHOSEN = "chart"


def plain_svg(raw: bytes) -> bytes:
    """The picture with fixed names where Plotly's came by lot; words in it stay as they are, whatever they are."""
    text = canonicalize(raw.decode())
    drawn = _LOT.search(text)
    if drawn is not None:
        text = re.sub(_NAMES % drawn[1], rf"\g<1>{_CHOSEN}", text)
    return text.encode()


def with_names(figure: dict[str, object]) -> dict[str, object]:
    """A figure whose traces have names of their own for the document; Plotly would draw those by lot as well."""
    traces = figure.get("data")
    named = (
        [{**trace, "uid": f"-{place}"} for place, trace in enumerate(traces)]
        if isinstance(traces, list | tuple)
        else []
    )
    return {**figure, "data": named}
