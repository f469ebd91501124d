"""docs/pictures/terminal.svg: what `escore run` prints on a terminal, drawn from its real output.

python -m docs.scripts.terminal_picture
"""

import os
import re
import subprocess
import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "pictures" / "terminal.svg"
COMMAND = ["run", "--min", "60", "--color", "always", "examples/news.txt"]
SHOWN = "escore run --min 60 examples/news.txt"

COLUMNS, FONT_SIZE, CHAR_WIDTH, LINE_HEIGHT, MARGIN = 92, 14, 8.4, 22, 18  # pixels, but for the first
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
PAPER, INK, DIM = "#1f2329", "#e6e6e6", "#8b949e"
STYLE = re.compile(r"\x1b\[([0-9;]*)m")

Chars = list[tuple[str, str]]  # each character with the color behind it, "" for none


def draw() -> str:
    """The picture as SVG."""
    output = subprocess.run(
        [sys.executable, "-m", "escore_cli", *COMMAND],
        cwd=ROOT,
        env={**os.environ, "ESCORE_MODEL": ""},
        capture_output=True,
        check=True,
    ).stdout.decode()
    lines = [row for line in _styled(output.rstrip("\n")) for row in _wrapped(line)]
    height = MARGIN * 2 + LINE_HEIGHT * (len(lines) + 1)
    width = MARGIN * 2 + CHAR_WIDTH * COLUMNS
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" font-family="{FONTS}" font-size="{FONT_SIZE}">'
    )
    parts = [head, f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>']
    parts.append(_text(0, 0, "$", DIM) + _text(2, 0, SHOWN, INK))
    for number, line in enumerate(lines, 1):
        parts += _line(number, line)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _styled(output: str) -> list[Chars]:
    """The lines of an output with its escape sequences taken out."""
    lines: list[Chars] = [[]]
    color = ""
    for number, part in enumerate(STYLE.split(output)):
        if number % 2:  # the codes between two parts of the text
            color = _color(part)
            continue
        for char in part:
            if char == "\n":
                lines.append([])
            else:
                lines[-1].append((char, color))
    return lines


def _color(codes: str) -> str:
    """The background of xterm's 6 x 6 x 6 color cube that these codes set; "" for a reset."""
    index = re.search(r"48;5;(\d+)", codes)
    if index is None:
        return ""
    steps = (0, 95, 135, 175, 215, 255)
    cube = int(index[1]) - 16
    return "#" + "".join(f"{steps[cube // 6**power % 6]:02x}" for power in (2, 1, 0))


def _wrapped(line: Chars) -> list[Chars]:
    """A line as rows of at most COLUMNS characters, broken at spaces."""
    rows = []
    while len(line) > COLUMNS:
        space = max(i for i in range(COLUMNS + 1) if line[i][0] == " ")
        rows.append(line[:space])
        line = line[space + 1 :]
    return [*rows, line]


def _line(number: int, line: Chars) -> list[str]:
    parts = []
    start = 0
    while start < len(line):
        color = line[start][1]
        end = next((i for i in range(start, len(line)) if line[i][1] != color), len(line))
        text = "".join(char for char, _ in line[start:end])
        if color:
            x, y = MARGIN + CHAR_WIDTH * start, MARGIN + LINE_HEIGHT * number + 2
            size = f'width="{CHAR_WIDTH * (end - start):.1f}" height="{LINE_HEIGHT - 4}"'
            parts.append(f'<rect x="{x:.1f}" y="{y}" {size} rx="3" fill="{color}"/>')
        if word := text.strip():  # renderers drop spaces at the ends of a text element
            parts.append(_text(start + text.index(word), number, word, "#000000" if color else INK))
        start = end
    return parts


def _text(column: int, line: int, text: str, color: str) -> str:
    x, y = MARGIN + CHAR_WIDTH * column, MARGIN + LINE_HEIGHT * line + 16
    # The length is given, so that every font keeps to the columns.
    length = f'textLength="{CHAR_WIDTH * len(text):.1f}"'
    return f'<text x="{x:.1f}" y="{y}" fill="{color}" {length}>{escape(text, quote=False)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(draw(), "utf-8")
