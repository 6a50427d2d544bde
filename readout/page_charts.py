"""The deck's charts as vectors on a page: the same functions, the same numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from metrics.units import abbreviate, write_month
from readout.draw import Box
from readout.fitting import width
from readout.palette import LIGHT

TICKS = 5
SMALL = 10.0


def ticks(low: float, high: float) -> list[float]:
    """Return about five round values that span a range: 1, 2, 2.5 or 5 times a power of ten."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return [0.0, 1.0]
    if low == high:
        low, high = low - 1, high + 1
    rough = (high - low) / TICKS
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough)
    first = math.floor(low / step)
    last = math.ceil(high / step)
    return [n * step for n in range(first, last + 1)]


def _label(value: float, form: str) -> str:
    if form == "0%":
        return f"{'−' if value < 0 else ''}{abs(value) * 100:.0f} %"
    sign = "−" if value < 0 else ""
    return sign + abbreviate(abs(round(value, 6)))


class _Frame:
    """Plot area inside a box with its horizontal grid; ``bare``: the zero line alone."""

    def __init__(
        self,
        page,
        box: Box,
        low: float,
        high: float,
        form: str,
        foot: float = 20,
        bare: bool = False,
    ):
        if bare:
            self.page, self.low, self.high = page, low, high if high > low else low + 1
            above, under = 18, 14 if low < 0 else 0
            self.box = Box(box.left, box.top + above, box.width, box.height - foot - above - under)
            self._foot = self.box.top + self.box.height + under + 4
            page.line([(box.left, self.y(0)), (box.left + box.width, self.y(0))], LIGHT.neutral)
            return
        marks = ticks(low, high)
        self.page, self.low, self.high = page, marks[0], marks[-1]
        wide = max(width(_label(m, form), exact=True) for m in marks) * SMALL + 8
        self.box = Box(box.left + wide, box.top + 6, box.width - wide, box.height - foot - 6)
        self._foot = self.box.top + self.box.height + 4
        for mark in marks:
            at = self.y(mark)
            page.line(
                [(self.box.left, at), (self.box.left + self.box.width, at)],
                LIGHT.neutral if mark == 0 else LIGHT.line,
                0.75,
            )
            page.text(
                Box(box.left, at - 6, wide - 6, 12),
                _label(mark, form),
                SMALL,
                colour=page.brand.quiet,
                right=True,
            )

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.box.top + self.box.height * (1 - share)

    def slot(self, number: int, n: int) -> tuple[float, float]:
        """Left and width of one of ``n`` equal slots."""
        wide = self.box.width / n
        return self.box.left + number * wide, wide

    def below(self, number: int, n: int, text: str) -> None:
        left, wide = self.slot(number, n)
        fitted = self.page.fit(text, wide - 4, 24, SMALL, False, 6)
        spare = max(0.0, wide - 4 - width(fitted.text, exact=True) * fitted.size) / 2
        place = Box(left + 2 + spare, self._foot, wide - 4 - spare, 24)
        self.page.write(place, fitted, False, self.page.brand.quiet)

    def amount(self, middle: float, at: float, text: str, under: bool = False) -> None:
        """Write an amount above (or under) the end of a column."""
        wide = width(text, exact=True) * SMALL
        top = self.y(at) + 2 if under else self.y(at) - SMALL * 1.4
        self.page.text(Box(middle - wide / 2, top, wide + 4, 12), text, SMALL)


def forest(
    page, box: Box, labels, values, low, high, *, row, form, describe, name, colours=()
) -> None:
    """Draw horizontal bars with whiskers, each as high as the table row it stands beside."""
    marks = ticks(min(*low, *values, 0), max(*high, *values, 0))
    plot = Box(box.left + box.width * 0.04, box.top, box.width * 0.92, row * len(labels))

    def x(value: float) -> float:
        return plot.left + plot.width * (value - marks[0]) / (marks[-1] - marks[0])

    for mark in marks:
        page.line(
            [(x(mark), plot.top), (x(mark), plot.top + plot.height)],
            LIGHT.neutral if mark == 0 else LIGHT.line,
        )
        said = _label(mark, form)
        place = Box(
            x(mark) - width(said, exact=True) * SMALL / 2, plot.top + plot.height + 4, 60, 12
        )
        page.write(place, page.fit(said, 60, 12, SMALL), False, page.brand.quiet)
    for i, _ in enumerate(labels):
        middle = plot.top + (i + 0.5) * row
        left, right = sorted((x(0), x(values[i])))
        thick = min(row * 0.45, 14)
        page.fill(
            Box(left, middle - thick / 2, right - left, thick),
            colours[i] if colours else page.brand.accent,
        )
        page.line([(x(low[i]), middle), (x(high[i]), middle)], LIGHT.ink, 1.2)
        for end in (low[i], high[i]):
            page.line([(x(end), middle - 3), (x(end), middle + 3)], LIGHT.ink, 1.2)


def columns(page, box: Box, labels, series, colours, *, form, describe) -> None:
    """Draw columns side by side, named above."""
    left = box.left
    for (name, _), colour in zip(series, colours, strict=True):
        page.fill(Box(left, box.top + 3, 9, 9), colour)
        page.quiet(Box(left + 13, box.top, 150, 14), name, 10)
        left += 30 + width(name, exact=True) * 10
    values = [v for _, one in series for v in one if v is not None and not math.isnan(v)]
    frame = _Frame(page, box.below(16, 4), min(*values, 0), max(*values, 0), form, bare=True)
    for i, label in enumerate(labels):
        start, wide = frame.slot(i, len(labels))
        each = wide * 0.8 / len(series)
        for j, ((_, one), colour) in enumerate(zip(series, colours, strict=True)):
            top, foot = sorted((frame.y(one[i]), frame.y(0)))
            left = start + wide * 0.1 + j * each
            page.fill(Box(left, top, each - 2, foot - top), colour)
            frame.amount(left + each / 2 - 1, one[i], _label(one[i], form), one[i] < 0)
        frame.below(i, len(labels), label)


def waterfall(page, box: Box, labels, steps, totals, *, said, form, describe, names) -> None:
    """Draw a waterfall: steps from where the last one ended, totals from zero."""
    ends, at = [], 0.0
    for step, total in zip(steps, totals, strict=True):
        start, end = (0.0, step) if total else (at, at + step)
        ends.append((start, end))
        at = end
    flat = [v for pair in ends for v in pair]
    frame = _Frame(page, box, min(*flat, 0), max(*flat, 0), form, foot=34, bare=True)
    for i, ((start, end), total) in enumerate(zip(ends, totals, strict=True)):
        left, wide = frame.slot(i, len(labels))
        top, foot = sorted((frame.y(start), frame.y(end)))
        colour = page.brand.accent if total else LIGHT.good if end >= start else LIGHT.bad
        page.fill(Box(left + wide * 0.15, top, wide * 0.7, max(foot - top, 0.5)), colour)
        frame.amount(left + wide / 2, max(start, end, 0.0), said[i])
        frame.below(i, len(labels), labels[i])


def fan(
    page, box: Box, months, history, mean, bounds, target, *, end, form, describe, names
) -> None:
    """Draw history, the expected path and its bands of 80 and 95 %."""
    known = [v for v in (*history, *mean, *bounds[95][0], *bounds[95][1]) if v is not None]
    known += [] if target is None else [target]
    frame = _Frame(page, box, min(known), max(known), form)
    wide = frame.box.width / max(len(months) - 1, 1)

    def points(values: Sequence[float | None]) -> list[tuple[float, float]]:
        return [
            (frame.box.left + i * wide, frame.y(v))
            for i, v in enumerate(values)
            if v is not None and not math.isnan(v)
        ]

    for level, opacity in ((95, 0.16), (80, 0.28)):
        low, high = bounds[level]
        if points(low):
            page.shape([*points(low), *reversed(points(high))], page.brand.accent, opacity)
    page.line(points(history), page.brand.ink, 1.6)
    page.line(points(mean), page.brand.accent, 1.6, (4, 3))
    if target is not None:
        at = frame.y(target)
        page.line([(frame.box.left, at), (frame.box.left + frame.box.width, at)], LIGHT.target, 1.2)
        page.text(
            Box(frame.box.left + 4, at - 13, 90, 12),
            names["target"],
            SMALL,
            colour=LIGHT.target_text,
        )
    last = points(mean)[-1:]
    if last:
        room = width(end, bold=True, exact=True) * 11
        page.text(
            Box(last[0][0] - room, last[0][1] - 17, room + 4, 14),
            end,
            11,
            bold=True,
            colour=page.brand.accent,
        )
    every = 6 if len(months) > 18 else 3
    for i in range(0, len(months), every):
        left = frame.box.left + i * wide
        if left > frame.box.left + frame.box.width - 30:
            break
        page.quiet(
            Box(left, frame.box.top + frame.box.height + 4, 50, 12),
            write_month(months[i], short=True),
            SMALL,
        )
