"""Native charts of the deck: they open as charts and their numbers can be edited.

One style for all: no frame, horizontal grid only, direct labels where there is room. Every chart
carries its text alternative.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from datetime import date

from lxml import etree
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
    XL_TICK_MARK,
)
from pptx.enum.dml import MSO_LINE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Pt

from readout.draw import Box, SlideCanvas, _emu, _rgb, describe_shape
from readout.palette import LIGHT

Series = tuple[str, Sequence[float | None]]


def _add(
    sheet: SlideCanvas, box: Box, kind, labels, series: Sequence[Series], form: str, describe: str
):
    data = CategoryChartData(number_format=form)
    data.categories = list(labels)
    for name, values in series:
        data.add_series(name, [None if v is None or math.isnan(v) else float(v) for v in values])
    shape = sheet.slide.shapes.add_chart(
        kind,
        *_emu(box),
        data,  # pyright: ignore[reportArgumentType] stub names a subclass
    )
    describe_shape(shape, describe)
    shape.name = f"Chart {describe[:40]}"
    chart = shape.chart
    chart.has_title = chart.has_legend = False
    chart.font.size, chart.font.name = Pt(11), sheet.brand.font
    chart.font.color.rgb = _rgb(sheet.brand.quiet)
    value, category = chart.value_axis, chart.category_axis
    value.has_major_gridlines = True
    value.major_gridlines.format.line.color.rgb = _rgb(LIGHT.line)
    value.major_gridlines.format.line.width = Pt(0.75)
    value.format.line.fill.background()
    value.tick_labels.number_format, value.tick_labels.number_format_is_linked = form, False
    category.format.line.color.rgb = _rgb(LIGHT.neutral)
    category.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    category.has_major_gridlines = False
    return chart


def forest(
    sheet: SlideCanvas,
    box: Box,
    labels: Sequence[str],
    values: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    *,
    row: float,
    form: str,
    describe: str,
    name: str,
    colours: Sequence[str] = (),
) -> None:
    """Draw horizontal bars with whiskers, each as high as the table row ``row`` it stands beside.

    The rows beside it name the bars, so the axis does not; the data behind them does.
    """
    chart = _add(sheet, box, XL_CHART_TYPE.BAR_CLUSTERED, labels, [(name, values)], form, describe)
    chart.category_axis.reverse_order = True
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.NONE
    chart.category_axis.major_tick_mark = XL_TICK_MARK.NONE
    chart.value_axis.tick_label_position = XL_TICK_LABEL_POSITION.HIGH
    _plot_area(chart, 0.04, 0.0, 0.92, row * len(labels) / box.height)
    plot = chart.plots[0]
    plot.gap_width = 130
    series = plot.series[0]
    series.invert_if_negative = False
    _fill(series.format.fill, sheet.brand.accent)
    for number, colour in enumerate(colours):
        _fill(series.points[number].format.fill, colour)
    up = [h - v for v, h in zip(values, high, strict=True)]
    down = [v - lo for v, lo in zip(values, low, strict=True)]
    _whiskers(series._element, up, down, LIGHT.ink)


def _plot_area(chart, left: float, top: float, wide: float, high: float) -> None:
    """Fix the area inside the axes, as shares of the chart, so that it lines up with a table."""
    area = chart._chartSpace.find(".//" + qn("c:plotArea"))
    old = area.find(qn("c:layout"))
    if old is not None:
        area.remove(old)
    layout = etree.Element(qn("c:layout"))
    manual = etree.SubElement(layout, qn("c:manualLayout"))
    for name, value in (
        ("layoutTarget", "inner"),
        ("xMode", "edge"),
        ("yMode", "edge"),
        ("x", left),
        ("y", top),
        ("w", wide),
        ("h", high),
    ):
        etree.SubElement(manual, qn(f"c:{name}")).set("val", str(value))
    area.insert(0, layout)


def columns(
    sheet: SlideCanvas,
    box: Box,
    labels: Sequence[str],
    series: Sequence[Series],
    colours: Sequence[str],
    *,
    form: str,
    describe: str,
) -> None:
    """Draw columns side by side, each with its amount, and a legend of the same colours."""
    chart = _add(sheet, box, XL_CHART_TYPE.COLUMN_CLUSTERED, labels, series, form, describe)
    chart.has_legend = True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 60, 0
    _bare_values(chart)
    plot.has_data_labels = True
    amounts = plot.data_labels
    amounts.position = XL_LABEL_POSITION.OUTSIDE_END
    amounts.number_format, amounts.number_format_is_linked = form, False
    amounts.font.size, amounts.font.color.rgb = Pt(11), _rgb(sheet.brand.ink)
    for one, colour in zip(plot.series, colours, strict=True):
        one.invert_if_negative = False
        _fill(one.format.fill, colour)


def waterfall(
    sheet: SlideCanvas,
    box: Box,
    labels: Sequence[str],
    steps: Sequence[float],
    totals: Sequence[bool],
    *,
    said: Sequence[str],
    form: str,
    describe: str,
    names: tuple[str, ...],
) -> None:
    """Draw a waterfall: a step up or down from where the last one ended, totals from zero.

    ``names`` are those of the series base (not seen), up, down, total, what of a step lies
    beyond zero (a stacked column cannot cross it in one piece), and the line that carries the
    amounts ``said`` above the columns.
    """
    rows, at = [], 0.0
    for step, total in zip(steps, totals, strict=True):
        start, end = (0.0, step) if total else (at, at + step)
        rows.append([*_waterfall_segments(start, end, total), max(start, end, 0.0)])
        at = end
    series = [(name, [row[i] for row in rows]) for i, name in enumerate(names)]
    chart = _add(sheet, box, XL_CHART_TYPE.COLUMN_STACKED, labels, series, form, describe)
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 45, 100
    colours = (None, LIGHT.good, LIGHT.bad, sheet.brand.accent, LIGHT.bad)
    _bare_values(chart)
    _amounts_above(sheet, chart, said)
    for one, colour in zip(plot.series, colours, strict=True):
        one.invert_if_negative = False
        if colour is None:
            one.format.fill.background()
            one.format.line.fill.background()
        else:
            _fill(one.format.fill, colour)


def _bare_values(chart) -> None:
    """No value axis and no grid: the amounts stand at the columns."""
    chart.value_axis.visible = chart.value_axis.has_major_gridlines = False
    chart.category_axis.major_tick_mark = XL_TICK_MARK.NONE
    chart.font.size = Pt(11)


def _amounts_above(sheet: SlideCanvas, chart, said: Sequence[str]) -> None:
    """Turn the last series of stacked columns into a line nobody sees that carries the amounts."""
    columns = chart._chartSpace.find(".//" + qn("c:barChart"))
    series = columns.findall(qn("c:ser"))[-1]
    for name in ("c:invertIfNegative", "c:spPr"):
        for node in series.findall(qn(name)):
            series.remove(node)
    line = parse_xml(
        f'<c:lineChart {nsdecls("c")}><c:grouping val="standard"/>'
        '<c:varyColors val="0"/><c:marker val="1"/></c:lineChart>'
    )
    line.insert(2, series)
    for axis in columns.findall(qn("c:axId")):
        line.append(copy.deepcopy(axis))
    columns.addnext(line)
    unseen = list(chart.plots)[-1].series[0]
    unseen.format.line.fill.background()
    unseen.marker.style = XL_MARKER_STYLE.NONE
    unseen.smooth = False
    for number, text in enumerate(said):
        label = unseen.points[number].data_label
        label.position = XL_LABEL_POSITION.ABOVE
        run = label.text_frame.paragraphs[0].add_run()
        run.text, run.font.size, run.font.color.rgb = text, Pt(11), _rgb(sheet.brand.ink)


def _waterfall_segments(start: float, end: float, total: bool) -> list[float | None]:
    """Base, up, down, total and beyond zero of one column."""
    if total:
        return [None, None, None, end, None]
    near, far = sorted((start, end), key=abs)
    if start * end < 0:
        base, size, beyond = 0.0, max(start, end), min(start, end)
    else:
        base, size, beyond = near, far - near, None
    return [base, size if end >= start else None, size if end < start else None, None, beyond]


def fan(
    sheet: SlideCanvas,
    box: Box,
    months: Sequence[date],
    history: Sequence[float | None],
    mean: Sequence[float | None],
    bounds: dict[int, tuple[Sequence, Sequence]],
    target: float | None,
    *,
    end: str,
    form: str,
    describe: str,
    names: dict[str, str],
) -> None:
    """Draw history, the expected path and bands of 80 and 95 % as stacked areas behind them.

    ``end`` is the last expected value as it is written.
    """
    low95, high95 = bounds[95]
    low80, high80 = bounds[80]
    areas: list[Series] = [
        (names["base"], low95),
        (names["below"], _differences(low80, low95)),
        (names["inside"], _differences(high80, low80)),
        (names["above"], _differences(high95, high80)),
    ]
    lines: list[Series] = [(names["history"], history), (names["mean"], mean)]
    if target is not None:
        lines.append((names["target"], [target] * len(months)))
    chart = _add(sheet, box, XL_CHART_TYPE.LINE, months, [*areas, *lines], form, describe)
    colours = (sheet.brand.ink, sheet.brand.accent, LIGHT.target)
    for one, colour in zip(list(chart.plots[0].series)[4:], colours, strict=False):
        one.smooth = False
        one.format.line.width, one.format.line.color.rgb = Pt(2), _rgb(colour)
        if colour == sheet.brand.accent:
            one.format.line.dash_style = MSO_LINE.DASH
    _areas(chart, 4, (None, 84000, 70000, 84000), sheet.brand.accent)
    _calendar(chart.category_axis, len(months))
    drawn = list(chart.plots)[-1].series
    _named_at_end(sheet, drawn[1], len(months) - 1, end, sheet.brand.accent)
    if target is not None:
        _named_at_end(sheet, drawn[2], 0, names["target"], LIGHT.target_text)


def _calendar(axis, n: int) -> None:
    """Months along a time axis, named every half year."""
    axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = "mmm yyyy", False
    node = axis._element
    every = 6 if n > 18 else 3
    for name in ("baseTimeUnit", "majorUnit", "majorTimeUnit"):
        for old in node.findall(qn(f"c:{name}")):
            node.remove(old)
    # In this order, before what may follow.
    for name, value in (
        ("baseTimeUnit", "months"),
        ("majorUnit", every),
        ("majorTimeUnit", "months"),
    ):
        etree.SubElement(node, qn(f"c:{name}")).set("val", str(value))


def _named_at_end(sheet: SlideCanvas, series, point: int, text: str, colour: str) -> None:
    label = series.points[point].data_label
    label.position = XL_LABEL_POSITION.ABOVE
    run = label.text_frame.paragraphs[0].add_run()
    run.text, run.font.size, run.font.bold = text, Pt(12), True
    run.font.color.rgb = _rgb(colour)


def _differences(high: Sequence, low: Sequence) -> list[float | None]:
    return [None if a is None or b is None else a - b for a, b in zip(high, low, strict=True)]


def _insert_before(parent, node, name: str) -> None:
    after = parent.find(qn(name))
    if after is not None:
        after.addprevious(node)


def _areas(chart, n: int, lightness: Sequence[int | None], colour: str) -> None:
    """Turn the first series of a line chart into a stacked area chart on the same axes."""
    lines = chart._chartSpace.find(".//" + qn("c:lineChart"))
    area = etree.Element(qn("c:areaChart"))
    etree.SubElement(area, qn("c:grouping")).set("val", "stacked")
    etree.SubElement(area, qn("c:varyColors")).set("val", "0")
    for number, (series, light) in enumerate(
        zip(lines.findall(qn("c:ser"))[:n], lightness, strict=True)
    ):
        for name in ("c:marker", "c:smooth", "c:spPr", "c:dLbls"):
            for node in series.findall(qn(name)):
                series.remove(node)
        look = etree.Element(qn("c:spPr"))
        if light is None:
            etree.SubElement(look, qn("a:noFill"))
        else:
            fill = etree.SubElement(etree.SubElement(look, qn("a:solidFill")), qn("a:srgbClr"))
            fill.set("val", colour.lstrip("#").upper())
            etree.SubElement(fill, qn("a:alpha")).set("val", str(100000 - light))
        etree.SubElement(etree.SubElement(look, qn("a:ln")), qn("a:noFill"))
        series.find(qn("c:tx")).addnext(look)
        area.append(series)
        assert number < n
    for axis in lines.findall(qn("c:axId")):
        area.append(copy.deepcopy(axis))
    lines.addprevious(area)


def _whiskers(series, up: Sequence[float], down: Sequence[float], colour: str) -> None:
    """Add error bars with a length of their own in each direction."""
    bars = etree.Element(qn("c:errBars"))
    for name, value in (("errBarType", "both"), ("errValType", "cust"), ("noEndCap", "0")):
        etree.SubElement(bars, qn(f"c:{name}")).set("val", value)
    for name, values in (("plus", up), ("minus", down)):
        holder = etree.SubElement(etree.SubElement(bars, qn(f"c:{name}")), qn("c:numLit"))
        etree.SubElement(holder, qn("c:formatCode")).text = "General"
        etree.SubElement(holder, qn("c:ptCount")).set("val", str(len(values)))
        for number, value in enumerate(values):
            point = etree.SubElement(holder, qn("c:pt"))
            point.set("idx", str(number))
            etree.SubElement(point, qn("c:v")).text = repr(0.0 if math.isnan(value) else value)
    look = etree.SubElement(bars, qn("c:spPr"))
    line = etree.SubElement(look, qn("a:ln"))
    line.set("w", "15875")
    paint = etree.SubElement(etree.SubElement(line, qn("a:solidFill")), qn("a:srgbClr"))
    paint.set("val", colour.lstrip("#").upper())
    _insert_before(series, bars, "c:cat")


def _fill(fill, colour: str) -> None:
    fill.solid()
    fill.fore_color.rgb = _rgb(colour)


__all__ = ["columns", "fan", "forest", "waterfall"]
