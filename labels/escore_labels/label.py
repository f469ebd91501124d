"""Texts in, records out: the model's own labels, for the texts that are wanted."""

import errno
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile, gettempdir
from typing import IO

from escore import EscoreError, OutputError, Scorer
from escore_labels.pool import Pool
from escore_labels.record import Record
from escore_labels.select import all_but, draw_held_out, select_for_review
from escore_labels.suggest import check_precision, suggest
from escore_labels.unlabeled import Text, unlabeled_record


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """Which labels and which texts.

    precision: see suggest.
    review: only so many texts, those most worth a person's look; None: all.
    held_out: so many texts are drawn at random to measure on.
    seed: of that draw.
    """

    precision: float | None = None
    review: int | None = None
    held_out: int = 0
    seed: int = 0


def label_texts(
    scorer: Scorer,
    texts: Iterable[Text],
    options: LabelOptions,
    warn: Callable[[str], None],
    progress: Callable[[int], None],
) -> Iterator[Record]:
    """The held-out texts, without labels; then the others with the model's, those to review in order of their gain.

    Texts are labeled as they come, unless some must be chosen: then all are scored first, into a temporary file.

    warn: is told, in a line, what is not as the options want it.
    progress: see Scorer.stream.

    Raises NotCalibratedError, NoTextsError, OutputError where there is no room for that file, what Scorer.stream and
    `texts` raise, and what the system raises.
    """
    manifest = scorer.bundle.manifest
    model = manifest.model_name
    if options.precision is not None and (limit := check_precision(manifest, options.precision)):
        warn(limit)
    scored = scorer.stream(((text.text, text) for text in texts), as_tuples=True, progress=progress)
    if options.review is None and not options.held_out:
        for document, text in scored:
            yield suggest(document, text, model, options.precision)
        return
    with _temporary_file() as file:
        pool = Pool(file)
        for document, text in scored:
            pool.add(document, text)
        held_out = draw_held_out(pool, options.held_out, options.seed) if options.held_out else []
        if options.review is None:
            others = all_but(pool, held_out)
        else:
            others = select_for_review(pool, options.review, scorer, held_out)
            if len(others) < options.review:
                warn(f"{options.review} texts to review, and only {len(others)} to choose from; all are written")
        for i in held_out:
            yield unlabeled_record(pool[i][1], held_out=True)
        for i in others:
            yield suggest(*pool[i], model, options.precision)


@contextmanager
def _temporary_file() -> Iterator[IO[bytes]]:
    try:
        with TemporaryFile() as file:
            yield file
    except OSError as error:
        if isinstance(error, EscoreError) or error.errno not in (errno.ENOSPC, errno.EFBIG):
            raise
        raise OutputError(f"{gettempdir()}: {error.strerror}", "set TMPDIR to a folder with more room") from error
