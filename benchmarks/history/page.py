"""docs/benchmarks/history.md from the files of the history: the template beside this file, filled in."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from benchmarks.history.figures import FIGURES, QUALITY, Figure, File, read_history
from benchmarks.history.installs import read_changes
from benchmarks.measure import table
from benchmarks.results import versions as libraries
from benchmarks.speed.page import TRIAL

TEMPLATE = Path(__file__).with_name("page_template.md")
MINIMUM, QUALITY_MINIMUM = 0.02, 0.005  # changes that are worth a word: of a ratio, and of a figure of quality
Change = tuple[bool | None, list[str]]  # whether something was gained (None: no certain change), and a row of a table


def write(files: Path, folder: Path, versions: list[str]) -> None:
    """Write `folder`/history.md and `folder`/history.svg from the JSON in `files`."""
    from benchmarks.history.chart import draw

    history = read_history(files, versions)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "history.md").write_text(render(history), "utf-8")
    draw(history, folder / "history.svg")


def render(history: dict[str, list[File]]) -> str:
    """The page as Markdown."""
    files = {file["version"]: file for files in history.values() for file in files}
    changes = {version: text for version, text in read_changes().items() if version in files}
    sections = []
    for version in list(changes)[:0:-1]:
        parts = [f"## {title(version)}\n\n{changes[version]}"]
        for kind, measured in history.items():
            neighbors = ((before, file) for before, file in pairwise(measured) if file["version"] == version)
            parts += [comparison(file, before, kind) for before, file in neighbors]
        sections.append("\n\n".join(parts))
    return TEMPLATE.read_text("utf-8").format(
        quick=TRIAL if any(file["quick"] for measured in history.values() for file in measured) else "",
        changes="\n\n".join(sections),
        quality=quality_table([files[version] for version in changes]),
        machines="\n\n".join(machine(kind, measured) for kind, measured in history.items()),
    )


def title(version: str) -> str:
    """escore-en 7, of escore-en-7."""
    return " ".join(version.rsplit("-", 1))


def comparison(file: File, before: File, kind: str) -> str:
    """What a version gained and lost against the one before it."""
    changes = [*speed_changes(file, before), *quality_changes(file, before)]
    parts = []
    for name, wanted in (("gained", True), ("lost", False)):
        rows = [cells for gained, cells in changes if gained is wanted]
        parts.append(table([name, title(before["version"]), title(file["version"]), ""], rows, 1) if rows else "")
    rest = sum(gained is None for gained, _ in changes)
    figures = f"{rest} [figures](#speed-memory-and-size-by-version)"
    parts.append(f"Nothing certain can be said of the other {figures}: their change is small, or chance.")
    return "\n\n".join((f"Against {title(before['version'])}, on {kind}:", *filter(None, parts)))


def speed_changes(file: File, before: File) -> Iterator[Change]:
    """How speed, memory and size changed."""
    for name, figure in FIGURES.items():
        ratio, low, high = file["before"]["ratios"][name]
        more = low > 1 + MINIMUM
        values = [f"{value(figure, one['figures'][name])} {figure.unit}" for one in (before, file)]
        interval = "" if low == high else f" [{low:.2f}, {high:.2f}]"
        gained = more == figure.more_is_better if more or high < 1 - MINIMUM else None
        yield gained, [figure.title, *values, f"{ratio:.2f} ×{interval}"]


def quality_changes(file: File, before: File) -> Iterator[Change]:
    """How quality changed, where both were measured."""
    new, old = file["quality"], before["quality"]
    for name, wanted in ((name, wanted) for name, wanted in QUALITY.items() if name in new and name in old):
        change = new[name] - old[name]
        gained = change > 0 if abs(change) >= QUALITY_MINIMUM else None
        yield gained, [wanted.title, f"{old[name]:.3f}", f"{new[name]:.3f}", f"{change:+.3f}"]


def value(figure: Figure, number: float) -> str:
    """A figure's value, without its unit."""
    return figure.form.format(number)


def quality_table(files: list[File]) -> str:
    """Quality by version."""
    rows = []
    for name, wanted in QUALITY.items():
        values = [file["quality"].get(name) for file in files]
        rows.append([wanted.title, *("–" if figure is None else f"{figure:.3f}" for figure in values)])
    return table(["", *(title(file["version"]) for file in files)], rows, 1)


def machine(kind: str, files: list[File]) -> str:
    """A kind of machine: its figures by version with their ratios over the version before, and how they came about."""
    rows = []
    for name, figure in FIGURES.items():
        ratios = ["", *(f" ({file['before']['ratios'][name][0]:.2f} ×)" for file in files[1:])]
        cells = [value(figure, file["figures"][name]) + ratio for file, ratio in zip(files, ratios, strict=True)]
        rows.append([f"{figure.title}, {figure.unit}", *cells])
    runs = []
    for file in files:
        commit = f"commit {file['commit'][:12]}{' with changes' if file['dirty'] else ''}"
        about = f"{file['date']}, {commit}, {file['rounds']} rounds, `{file['command']}`"
        runs.append(f"- {title(file['version'])}: {about}; {host(file)}; {libraries(file['libraries'])}")
    head = ["", *(title(file["version"]) for file in files)]
    return "\n\n".join((f"### {kind}", table(head, rows, 1), "\n".join(runs)))


def host(file: File) -> str:
    """The machine in words."""
    found = file["machine"]
    return f"{found['processor']} ({', '.join(found['flags'])}), {found['cores']} cores, {found['system']}"
