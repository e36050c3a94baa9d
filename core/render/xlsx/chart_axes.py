"""The axes of a spreadsheet's own charts: what stands along them, where they begin, how they are written."""

from core.domain.appearance import ChartKind
from core.domain.field import FieldType, NumberStyle
from core.render.cells import header_label
from core.render.markup import escaped
from core.render.palette import LIGHT
from core.render.xlsx.chart_data import Axis, ChartData
from core.render.xlsx.chart_look import outline, title, words

PLACES_AXIS, VALUES_AXIS = 111, 112
_MONTH, _YEAR = 28, 365
_LARGE = 10.0  #: from here on an axis shows no decimals


def axes(data: ChartData) -> str:
    """The axis of places, then that of values with the only grid."""
    if data.kind is ChartKind.PIE:
        return ""
    flat = data.kind is ChartKind.HORIZONTAL_BAR
    x_title = "" if data.x.type.is_temporal else title(header_label(data.x))
    tag = {Axis.NAMES: "catAx", Axis.DAYS: "dateAx", Axis.NUMBERS: "valAx"}[data.axis]
    ending = {
        Axis.NAMES: '<c:auto val="0"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:noMultiLvlLbl val="1"/>',
        Axis.DAYS: f'<c:auto val="0"/><c:lblOffset val="100"/><c:baseTimeUnit val="{_unit(data)}"/>',
        Axis.NUMBERS: '<c:crossBetween val="midCat"/>',
    }[data.axis]
    between = "between" if data.kind in (ChartKind.BAR, ChartKind.HORIZONTAL_BAR) else "midCat"
    unit = {measure.format.unit for measure in data.measures}
    y_title = (
        header_label(data.measures[0]) if len(data.measures) == 1 else (unit.pop() or "") if len(unit) == 1 else ""
    )
    return (
        f'<c:{tag}><c:axId val="{PLACES_AXIS}"/><c:scaling>'
        f'<c:orientation val="{"maxMin" if flat else "minMax"}"/></c:scaling><c:delete val="0"/>'
        f'<c:axPos val="{"l" if flat else "b"}"/>{x_title}'
        f'<c:numFmt formatCode="{escaped(place_format(data))}" sourceLinked="0"/>'
        f'<c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/>{outline(LIGHT.quiet)}'
        f'{words(LIGHT.quiet)}<c:crossAx val="{VALUES_AXIS}"/><c:crosses val="autoZero"/>{ending}</c:{tag}>'
        f'<c:valAx><c:axId val="{VALUES_AXIS}"/><c:scaling><c:orientation val="minMax"/>{_from_zero(data)}</c:scaling>'
        f'<c:delete val="0"/><c:axPos val="{"b" if flat else "l"}"/>'
        f"<c:majorGridlines>{outline(LIGHT.hairline)}</c:majorGridlines>{title(y_title)}"
        f'<c:numFmt formatCode="{escaped(value_format(data))}" sourceLinked="0"/><c:majorTickMark val="none"/>'
        '<c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:spPr><a:ln><a:noFill/></a:ln></c:spPr>'
        f'{words(LIGHT.quiet)}<c:crossAx val="{PLACES_AXIS}"/><c:crosses val="{"max" if flat else "autoZero"}"/>'
        f'<c:crossBetween val="{between}"/></c:valAx>'
    )


def _from_zero(data: ChartData) -> str:
    """Sizes are seen from zero; only scattered points may begin elsewhere."""
    values = [y for one in data.series for y in one.y if y is not None]
    if data.kind is ChartKind.SCATTER or not values or min(values) < 0 < max(values):
        return ""
    return '<c:min val="0"/>' if min(values) >= 0 else '<c:max val="0"/>'


def _unit(data: ChartData) -> str:
    step = data.step_days
    return "years" if step >= _YEAR else "months" if step >= _MONTH else "days"


def place_format(data: ChartData) -> str:
    """The format code of days, times and numbers along the axis."""
    if not data.x.type.is_temporal:
        return "General"
    if data.x.type is FieldType.DATETIME and data.axis is Axis.NUMBERS:
        return "d mmm hh:mm"
    return {"years": "yyyy", "months": "mmm yy", "days": "d mmm"}[_unit(data)]


def value_format(data: ChartData) -> str:
    """The format code of values."""
    largest = max((abs(y) for one in data.series for y in one.y if y is not None), default=0.0)
    if data.measures[0].format.style is NumberStyle.PERCENT:
        return "0%"
    return "#,##0" if largest >= _LARGE else "General"
