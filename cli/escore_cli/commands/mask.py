"""`escore mask`: texts in, the same texts with their entities replaced out; and back."""

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from escore_cli.commands.run import parse_score
from escore_cli.options import (
    Always,
    Device,
    Encoding,
    Errors,
    Model,
    Never,
    OnDevice,
    Output,
    Threads,
    read_terms,
)
from escore_cli.output.messages import print_error, show_warning

if TYPE_CHECKING:
    from escore.masking.map_file import MapContent
    from escore_cli.exact_inputs import ExactText
    from escore_cli.inputs import InputError
    from escore_cli.output.destination import Write

EXAMPLES = """\b
Examples:
  escore mask --map map.jsonl report.txt -o masked.txt
  escore mask --unmask --map map.jsonl answer.txt
  tail -F app.log | escore mask --lines --with hash --also email,url,phone
"""


def mask(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILES", help="Text files; - or none: standard input.")
    ] = None,
    minimum: Annotated[
        float | None,
        typer.Option(
            "--min", metavar="SCORE", parser=parse_score, show_default="220", help="Minimum score of a word, 0 to 300."
        ),
    ] = None,
    how: Annotated[
        str,
        typer.Option(
            "--with",
            metavar="label|hash|pseudonym|CHAR",
            help="What to write instead: [ENTITY_1] ([PERSON_1] if the model knows kinds), a keyed hash, an invented "
            "name, or CHAR for each character.",
        ),
    ] = "label",
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAMES",
            show_default="none",
            help="Names that are not masked, with commas between them; may be given again.",
        ),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULES",
            show_default="none",
            help="What else to mask by plain rules: email, url, phone, with commas between them.",
        ),
    ] = None,
    map_file: Annotated[
        Path | None,
        typer.Option(
            "--map",
            metavar="FILE",
            readable=False,
            show_default="none",
            help="Keep in FILE what each placeholder stands for; what it holds already is used again.",
        ),
    ] = None,
    unmask: Annotated[
        bool, typer.Option("--unmask", help="Put back what the placeholders of --map stand for; default: off.")
    ] = False,
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key",
            metavar="FILE",
            readable=False,
            show_default="a new key each run",
            help="File whose bytes, 16 or more, are the key of hashes, so that those of several runs are the same.",
        ),
    ] = None,
    lines: Annotated[
        bool, typer.Option("--lines", help="Treat each line as a document, masked as it arrives; default: off.")
    ] = False,
    output: Output = None,
    always: Always = None,
    never: Never = None,
    model: Model = None,
    threads: Threads = None,
    device: OnDevice = Device.AUTO,
    encoding: Encoding = "utf-8",
    errors: Annotated[
        Errors,
        typer.Option(
            "--errors",
            help="What to do with bytes that are no text: leave the file out, or score them as U+FFFD and keep them.",
        ),
    ] = Errors.STRICT,
    no_personal_head: Annotated[
        bool,
        typer.Option(
            "--no-personal-head", help="Score as the model did before 'escore adapt' changed it; default: off."
        ),
    ] = False,
) -> None:
    """Write texts with their entities replaced; all else stays as it is, byte for byte.

    The same name gets the same placeholder in all files. Names that the model misses stay: look at the result before
    you rely on it. Whoever has the map can undo the masking.
    """
    if not files:
        if sys.stdin is None or sys.stdin.isatty():
            print_error("no input: give a file, or text on standard input; see 'escore mask --help'")
            raise typer.Exit(2)
        files = ["-"]
    from escore_cli import signals
    from escore_cli.inputs import replaced_places
    from escore_cli.output.destination import STANDARD_STREAM, check_outputs, open_output

    if unmask and map_file is None:
        raise typer.BadParameter("--unmask goes with --map FILE, which the masking wrote")
    if map_file == STANDARD_STREAM:
        raise typer.BadParameter("--map needs a file: standard output is for the text")
    if map_file is not None and len(how) == 1:
        raise typer.BadParameter(f"--map goes with label, hash or pseudonym: what '{how}' hides cannot be put back")
    if not unmask:
        _check_way(how, key_file, encoding)
    inputs = [*files, *(always or ()), *(never or ()), key_file]
    if unmask:
        check_outputs({"-o": output}, [*inputs, map_file])
    else:
        check_outputs({"-o": output, "--map": map_file}, inputs)
    signals.clean_up_first()
    warnings.showwarning = show_warning
    problems: list[InputError] = []

    def report(error: "InputError") -> None:
        problems.append(error)
        print_error(str(error))

    with open_output(output) as write:
        texts = _texts(files, encoding, errors is Errors.REPLACE, lines, unmask, report)
        if unmask:
            assert map_file is not None
            _unmask(texts, map_file, write, problems)
        else:
            _mask(
                texts, write, minimum, how, _names(keep), _names(also), map_file, key_file,
                (model, threads, device.value, read_terms(always, never), not no_personal_head), problems,
            )  # fmt: skip
    replaced = replaced_places()
    if replaced and not unmask:
        places = "1 place that is" if replaced == 1 else f"{replaced} places that are"
        print_error(f"{places} not {encoding}: kept, and scored as U+FFFD")
    if problems:
        raise typer.Exit(1)


def _texts(
    files: list[str],
    encoding: str,
    keep_errors: bool,
    by_line: bool,
    unmask: bool,
    report: Callable[["InputError"], None],
) -> Iterator[tuple[str, "ExactText"]]:
    """The texts of all files, each with what it needs to be written back; what cannot be read is reported."""
    from escore_cli.exact_inputs import exact_texts
    from escore_cli.inputs import InputError

    for file in files:
        try:
            # No placeholder goes beyond a line, so that to unmask needs no whole file.
            for text in exact_texts(file, encoding, keep_errors, by_line or unmask):
                yield text.text, text
        except InputError as error:
            report(error)


def _mask(
    texts: Iterator[tuple[str, "ExactText"]],
    write: "Write",
    minimum: float | None,
    how: str,
    keep: list[str],
    also: list[str],
    map_file: Path | None,
    key_file: Path | None,
    settings: tuple[object, ...],
    problems: list["InputError"],
) -> None:
    """Mask all texts. Raises Exit where none could be read, BadParameter, MapError, OutputError."""
    from escore import Masker, Scorer, SettingError, TermsError
    from escore.masking.map_file import MapWriter
    from escore.masking.placeholders import MIN_KEY
    from escore.scale import ENTITY_MINIMUM
    from escore_cli.exact_inputs import read_key

    key = None if key_file is None else read_key(key_file)
    if key is not None and len(key) < MIN_KEY:
        problem = f"--key {key_file}: {len(key)} bytes, and a key needs {MIN_KEY} or more"
        raise typer.BadParameter(f"{problem}; make one: head -c 32 /dev/urandom > {key_file}")
    with nullcontext() if map_file is None else MapWriter(map_file) as writer:
        if map_file is not None and writer is not None:
            _tell_torn(map_file, writer.content)
            _tell_other_ways(map_file, writer.content, how)
        try:
            masker = Masker(
                minimum=ENTITY_MINIMUM if minimum is None else minimum,
                how=how,
                keep=keep,
                also=also,  # type: ignore[arg-type]
                key=key,
                entries=() if writer is None else writer.content.entries,
            )
        except (SettingError, TermsError) as error:
            raise typer.BadParameter(str(error)) from error
        is_any, written = False, len(masker.entries)
        scorer = Scorer(*settings)  # type: ignore[arg-type]
        for document, text in scorer.stream(texts, as_tuples=True):
            is_any = True
            masked = masker.mask(document)
            if writer is not None:
                writer.append(masker.entries[written:])
                written = len(masker.entries)
            write(text.encode(masked))
        if problems and not is_any:
            raise typer.Exit(1)  # inside, so that no map is made and an output that exists already stays as it is


def _unmask(
    texts: Iterator[tuple[str, "ExactText"]], map_file: Path, write: "Write", problems: list["InputError"]
) -> None:
    """Put back what placeholders stand for. Raises Exit where none could be read, MapError, OutputError."""
    from escore.masking.known import KnownPlaceholders
    from escore.masking.map_file import read_map

    known = KnownPlaceholders()
    content = read_map(map_file)
    _tell_torn(map_file, content)
    for entry in content.entries:
        known.add(entry.placeholder, entry.text)
    is_empty = True
    for _, text in texts:
        is_empty = False
        write(text.encode(known.replace(text.text)))
    if problems and is_empty:
        raise typer.Exit(1)  # inside, so that an output that exists already stays as it is


def _tell_torn(map_file: Path, content: "MapContent") -> None:
    if content.torn_line is not None:
        print_error(f"{map_file}: line {content.torn_line} breaks off, as a killed run leaves it; left out")


def _check_way(how: str, key_file: Path | None, encoding: str) -> None:
    """Raises BadParameter for a key without hashes, and for a character that the encoding lacks."""
    if key_file is not None and how != "hash":
        raise typer.BadParameter(f"--key goes with --with hash, not with {how}; leave it out")
    if len(how) == 1:
        try:
            how.encode(encoding)
        except UnicodeError as error:
            problem = f"--with: {how!r} cannot be written in {encoding}; give a character that can, such as *"
            raise typer.BadParameter(problem) from error


def _tell_other_ways(map_file: Path, content: "MapContent", how: str) -> None:
    """Say that names which were masked in another way before are masked so again."""
    from escore.masking.entries import style

    others = [way for way in map(style, content.entries) if way not in (None, how)]
    if others:
        ways = " or ".join(sorted({str(way) for way in others}))
        print_error(f"{map_file}: masked with {ways} before, and so again: {len(others)} of its names")


def _names(options: list[str] | None) -> list[str]:
    """The names of an option that may be given again, each time with commas between several."""
    return [name.strip() for option in options or () for name in option.split(",") if name.strip()]
