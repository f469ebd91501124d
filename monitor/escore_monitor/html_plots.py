"""Small plots as SVG, in the page's own colors: a figure by day, and two distributions."""

from collections.abc import Callable, Sequence
from html import escape

_WIDTH, _HEIGHT, _TOP, _BOTTOM = 240.0, 70.0, 12.0, 12.0  # of a plot, and of what is left for text
_DOT_DAYS = 45  # up to so many days each has a dot

_Place = Callable[[float], str]


def draw_days(
    values: Sequence[float | None],
    window: int,
    dates: tuple[str, str],
    title: str,
    expected: float | None = None,
    *,
    from_zero: bool = True,
) -> str:
    """A line, the days of the window shaded.

    values: of each day; None where there is none.
    window: index of the window's first day.
    dates: of the first and the last day.
    expected: a value that a dashed line shows in the window.
    from_zero: whether the plot begins at 0, or with the least value.
    """
    numbers = [value for value in values if value is not None]
    least = 0.0 if from_zero else min(numbers, default=0.0)
    most = max([*numbers, expected or least, least + 1e-9])
    step = _WIDTH / max(1, len(values) - 1)

    def x(day: float) -> str:
        return f"{day * step:.1f}"

    def y(value: float) -> str:
        return f"{_TOP + (_HEIGHT - _TOP - _BOTTOM) * (most - value) / (most - least):.1f}"

    left = max(0.0, window - 0.5)
    parts = [
        f'<rect class="window" x="{x(left)}" y="{_TOP:g}" width="{(len(values) - 1 - left) * step:.1f}"'
        f' height="{_HEIGHT - _TOP - _BOTTOM:g}"/>',
        f'<line class="base" x1="0" x2="{_WIDTH:g}" y1="{y(least)}" y2="{y(least)}"/>',
    ]
    parts += [f'<polyline class="line" points="{points}"/>' for points in _runs(values, x, y)]
    if len(values) <= _DOT_DAYS:
        parts += [
            f'<circle class="dot" cx="{x(day)}" cy="{y(value)}" r="1.7"/>'
            for day, value in enumerate(values)
            if value is not None
        ]
    if expected is not None:
        parts.append(f'<line class="expected" x1="{x(left)}" x2="{_WIDTH:g}" y1="{y(expected)}" y2="{y(expected)}"/>')
    parts += [
        f'<text x="0" y="8">{_number(most) if from_zero else f"{_number(least)} to {_number(most)}"}</text>',
        f'<text x="0" y="{_HEIGHT - 1:g}">{escape(dates[0])}</text>',
        f'<text x="{_WIDTH:g}" y="{_HEIGHT - 1:g}" text-anchor="end">{escape(dates[1])}</text>',
    ]
    return _svg(parts, title)


def draw_distributions(before: Sequence[int], after: Sequence[int], edges: Sequence[float], title: str) -> str:
    """Shares by bin: bars before, a line after.

    edges: the inner edges of the bins.
    """
    shares = [[value / max(1, sum(values)) for value in values] for values in (before, after)]
    most = max(*shares[0], *shares[1], 1e-9)
    width = _WIDTH / len(before)

    def y(value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - value / most)

    bars = [
        f'<rect class="before" x="{i * width + 0.5:.1f}" y="{y(share):.1f}" width="{width - 1:.1f}"'
        f' height="{y(0) - y(share):.1f}"/>'
        for i, share in enumerate(shares[0])
        if share
    ]
    steps = " ".join(
        f"{i * width:.1f},{y(share):.1f} {(i + 1) * width:.1f},{y(share):.1f}" for i, share in enumerate(shares[1])
    )
    labels = [
        f'<text x="{(i + 1) * width:.1f}" y="{_HEIGHT - 1:g}" text-anchor="middle">{_number(edges[i])}</text>'
        for i in (0, len(edges) // 2, len(edges) - 1)
    ]
    line = f'<line class="base" x1="0" x2="{_WIDTH:g}" y1="{y(0):.1f}" y2="{y(0):.1f}"/>'
    return _svg([*bars, line, f'<polyline class="after" points="{steps}"/>', *labels], title)


def _runs(values: Sequence[float | None], x: _Place, y: _Place) -> list[str]:
    """The points of each part of a line without a gap."""
    runs: list[list[str]] = [[]]
    for day, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{x(day)},{y(value)}")
    return [" ".join(run) for run in runs if len(run) > 1]


def _svg(parts: Sequence[str], title: str) -> str:
    """An SVG element with a text for those who do not see it."""
    return (
        f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(title, quote=True)}">'
        f"{''.join(parts)}</svg>"
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value < 0.005 or value == int(value) else f"{value:.3g}"
