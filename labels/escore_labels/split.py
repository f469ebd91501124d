"""Which texts are held out from training: the same ones for ever, however many others come or go."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from escore import EscoreError
from escore.atomic import atomic_file
from escore_labels.notes import count
from escore_labels.record import Record, render_record
from escore_labels.texts import plain_spacing
from escore_labels.writers.sink import output_errors

HELD_OUT = 5  # one text in so many


class SplitError(EscoreError, ValueError):
    """Labels of which all would be on one side."""


def is_held_out(record: Record) -> bool:
    """Whether a text is for measuring only: so marked, or every fifth by the SHA-256 of its text."""
    digest = hashlib.sha256(record.text.encode("utf-8", "surrogatepass")).digest()
    return record.held_out or int.from_bytes(digest[:8], "big") % HELD_OUT == 0


def write_split(records: Iterable[Record], train: Path, held_out: Path) -> tuple[int, int]:
    """Write two files of records, both or none of them; how many each has. Raises OutputError, SplitError.

    The records that are held out are marked so, and stay out of any training. All records of one text, whatever its
    white space, go to one side: if one of them is held out, all are.
    """
    records = list(records)
    held_out_texts = {plain_spacing(record.text) for record in records if is_held_out(record)}
    sides: tuple[list[str], list[str]] = [], []
    for record in records:
        side = plain_spacing(record.text) in held_out_texts
        sides[side].append(render_record(replace(record, held_out=side)))
    if not records or not all(sides):
        problem = f"{count(len(records), 'text')}, of which {len(sides[1])} would be held out"
        raise SplitError(problem, "give more texts, or mark some with held_out")
    with output_errors(held_out), atomic_file(held_out.resolve()) as held_out_part:
        held_out_part.write_text("".join(sides[1]), "utf-8", newline="\n")
        with output_errors(train), atomic_file(train.resolve()) as train_part:
            train_part.write_text("".join(sides[0]), "utf-8", newline="\n")
    return len(sides[0]), len(sides[1])
