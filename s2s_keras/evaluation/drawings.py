"""Alignments and bars by length -> where things stand in an SVG, which the report's page draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from s2s_keras.decoding import Prediction
from s2s_keras.evaluation.alignment import visible_tokens
from s2s_keras.evaluation.translation import LengthBucket

__all__ = ["Bar", "BarChart", "Cell", "HeatMap", "Label", "draw_bars", "draw_heat_map"]

LONGEST_DRAWN = 80
"""Tokens of the longer side of an alignment that is drawn: more are too small to be read."""
SMALLEST_DRAWN = 0.005
"""The smallest weight with a cell of its own."""
CELL = 20
"""Width and height of a cell, in pixels; so are all figures below."""
CHARACTER = 8
LONGEST_TOKEN = 18
"""Characters of a label."""
BAR_WIDTH = 26
BAR_HEIGHT = 160
GAP = 22
MARGIN = 40


@dataclass(frozen=True)
class Label:
    """A text with the point in pixels where it starts or, for rows, ends."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Cell:
    """One weight of an alignment, 0 to 1, with its upper left corner in pixels."""

    x: float
    y: float
    weight: float
    title: str


@dataclass(frozen=True)
class HeatMap:
    """An alignment: target rows, source columns.

    Attributes:
        width: pixels.
        height: pixels.
        left: where the first column begins.
        top: where the first row begins.
        columns: source tokens.
        rows: target tokens.
        cells: weights that are not nearly 0.
    """

    width: float
    height: float
    left: float
    top: float
    columns: list[Label]
    rows: list[Label]
    cells: list[Cell]


@dataclass(frozen=True)
class Bar:
    """One bar: upper left corner and height in pixels, what it shows, and whose it is."""

    x: float
    y: float
    height: float
    value: float
    series: int
    title: str


@dataclass(frozen=True)
class BarChart:
    """Bars by the words of the source, from 0 to 100.

    Attributes:
        width: pixels.
        height: pixels.
        bars: of all models.
        groups: names of the lengths, with how many sources there are.
        lines: where 0, 25, 50, 75 and 100 are.
    """

    width: float
    height: float
    bars: list[Bar]
    groups: list[Label]
    lines: list[Label]


def draw_heat_map(prediction: Prediction) -> HeatMap | None:
    """Lays out an alignment.

    Returns:
        `None` where there is no alignment, or one of too many tokens.
    """
    source, target = prediction.source_tokens, prediction.target_tokens
    if prediction.attention is None or max(len(source), len(target)) > LONGEST_DRAWN:
        return None
    columns = [_short(token) for token in visible_tokens(source)]
    rows = [_short(token) for token in visible_tokens(target)]
    left = CHARACTER * max(map(len, rows)) + 12
    top = CHARACTER * max(map(len, columns)) * 0.75 + 16  # they are turned
    cells = [
        Cell(
            x=left + CELL * j,
            y=top + CELL * i,
            weight=round(float(weight), 3),
            title=f"{rows[i]} \N{RIGHTWARDS ARROW} {columns[j]}: {weight:.3f}",
        )
        for i, weights in enumerate(prediction.attention)
        for j, weight in enumerate(weights)
        if weight >= SMALLEST_DRAWN
    ]
    return HeatMap(
        width=left + CELL * len(columns) + CHARACTER * len(columns[-1]),
        height=top + CELL * len(rows) + 4,
        left=left,
        top=top,
        columns=[Label(left + CELL * (j + 0.6), top - 6, token) for j, token in enumerate(columns)],
        rows=[Label(left - 6, top + CELL * (i + 0.7), token) for i, token in enumerate(rows)],
        cells=cells,
    )


def draw_bars(buckets: Mapping[str, Sequence[LengthBucket]], figure: str) -> BarChart:
    """Lays out a figure of one model or more by the length of the source.

    Args:
        buckets: name of a model -> its figures; all of the same lengths.
        figure: `bleu` or `chrf`.
    """
    group_width = max(84, BAR_WIDTH * len(buckets) + GAP)  # room for its name
    bars, groups = [], []
    for series, (name, found) in enumerate(buckets.items()):
        for index, bucket in enumerate(found):
            value = float(getattr(bucket, figure))
            height = BAR_HEIGHT * min(value, 100.0) / 100
            x = MARGIN + group_width * (index + 0.5) + BAR_WIDTH * (series - len(buckets) / 2)
            title = f"{name}, {bucket.words} words: {value:.2f}"
            bars.append(Bar(x, 20 + BAR_HEIGHT - height, height, value, series, title))
    for index, bucket in enumerate(next(iter(buckets.values()))):
        x = MARGIN + group_width * (index + 0.5)
        groups.append(Label(x, 20 + BAR_HEIGHT + 18, f"{bucket.words} ({bucket.sources:,})"))
    return BarChart(
        width=MARGIN + group_width * len(groups) + GAP,
        height=20 + BAR_HEIGHT + 30,
        bars=bars,
        groups=groups,
        lines=[
            Label(MARGIN - 6, 20 + BAR_HEIGHT * (1 - share / 100), f"{share}")
            for share in range(0, 101, 25)
        ],
    )


def _short(token: str) -> str:
    return token if len(token) <= LONGEST_TOKEN else f"{token[: LONGEST_TOKEN - 1]}…"
