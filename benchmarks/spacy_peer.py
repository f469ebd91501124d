"""spaCy as escore's peer: the pipeline that it trains for a CPU, on the corpora of escore's own model.

    python -m benchmarks.spacy_peer train CORPORA OUTPUT

A blank English pipeline, tagger and ner on one shared tok2vec (a CNN of width 96, four layers), as `spacy init config
--pipeline tagger,ner --optimize efficiency` writes it: no vectors, nothing downloaded. It learns from the labelled
corpora that escore learns from, with copies in lower case and capitals (corpora.py).

The corpora's labels are intervals of classes, and become partial annotations. Tags are coarse: NONE, NN, or NNP for a
proper noun or any word of an entity, which is all that three classes need; a word whose class is open has no tag.
The words of an entity are one ENTITY, since the readers keep no types. A word that may or may not be in an entity has a
missing entity annotation.
"""

import json
import os
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from benchmarks.corpora import labelled, texts
from benchmarks.predictions import Prediction
from escore import Document, EscoreError
from escore_labels.texts import join_sentences
from escore_labels.tokens import COMMON, ENTITY, NONE, PROPER, Sentence
from escore_training.recipe import load_recipe

EPOCHS = 3
SEED = 1
HELD_OUT = "ewt/*train.conllu"  # a tenth of its documents is not trained on
TAGS = {NONE: "NONE", COMMON: "NN", PROPER: "NNP"}


def train(corpora: Path, output: Path, epochs: int = EPOCHS) -> None:
    """Train on the default recipe's corpora below `corpora`; `output` is replaced whole after each epoch.

    Progress goes to standard error: the losses, and the share of right tags in the documents held out, which decides
    nothing. Raises CorpusError, and FileExistsError for an `output` that is no spaCy pipeline.
    """
    from spacy.cli.init_config import init_config

    if output.exists() and not (output / "meta.json").is_file():
        raise FileExistsError(f"{output}: exists and is no spaCy pipeline; give a new folder")
    default = load_recipe("default").corpora
    watched_corpora = [msgspec.structs.replace(corpus, repeat=1) for corpus in default if corpus.files == HELD_OUT]
    held_out = labelled(watched_corpora, corpora)[::10]
    documents = [document for document in labelled(default, corpora) if document not in held_out]

    spacy.util.fix_random_seed(SEED)
    config = init_config(lang="en", pipeline=["tagger", "ner"], optimize="efficiency", gpu=False)
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    training = spacy.util.registry.resolve(nlp.config.interpolate()["training"])
    watched = [example(nlp, document) for document in held_out]

    started, optimizer = time.monotonic(), None
    for epoch in range(1, epochs + 1):
        rng = random.Random(f"{SEED}/{epoch}")
        runs = list(texts(documents, rng))
        rng.shuffle(runs)
        if optimizer is None:
            some = [example(nlp, run) for run in runs[:2000]]  # holds every label
            optimizer = nlp.initialize(lambda some=some: some)
        losses: dict[str, float] = {}
        words = 0
        for step, batch in enumerate(training["batcher"](example(nlp, run) for run in runs)):
            nlp.update(batch, drop=training["dropout"], sgd=optimizer, losses=losses)
            words += sum(len(item) for item in batch)
            if step % 200 == 0:
                report = ", ".join(f"{name} {loss / words:.4f}" for name, loss in losses.items())
                minutes = (time.monotonic() - started) / 60
                print(
                    f"epoch {epoch}, {words} words, loss a word: {report}; {minutes:.1f} min",
                    file=sys.stderr,
                    flush=True,
                )
        nlp.meta["performance"] = {
            "epochs": epoch,
            "minutes": round((time.monotonic() - started) / 60, 1),
            "words an epoch": words,
            "losses a word": {name: round(float(loss) / words, 4) for name, loss in losses.items()},
            "held-out tag accuracy": round(nlp.evaluate(watched)["tag_acc"], 4),
        }
        print(json.dumps(nlp.meta["performance"]), file=sys.stderr, flush=True)
        _save(nlp, output)


def example(nlp: Language, run: list[Sentence]) -> Example:
    """Sentences, their entities begun, as one training text; spaCy aligns its own tokens with the gold ones."""
    gold = join_sentences(run)
    reference = Doc(
        nlp.vocab,
        words=[token.text for token in gold.tokens],
        spaces=[gold.text[end : end + 1] == " " for _, end in gold.spans],
        tags=[TAGS[low] if (low := min(t.low, PROPER)) == min(t.high, PROPER) else "" for t in gold.tokens],
    )
    entities: list[Span] = []
    missing: list[Span] = []
    for place, token in enumerate(gold.tokens):
        if token.low == ENTITY:
            start = place if token.starts_entity else entities.pop().start
            entities.append(Span(reference, start, place + 1, "ENTITY"))
        elif token.high == ENTITY:
            missing.append(Span(reference, place, place + 1))
    reference.set_ents(entities, missing=missing, default="outside")
    return Example(nlp.make_doc(gold.text), reference)


def _save(nlp: Language, output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_name(output.name + ".partial")
    shutil.rmtree(part, ignore_errors=True)
    nlp.to_disk(part)
    if output.exists():
        shutil.rmtree(output)
    os.replace(part, output)


def load(folder: Path, batch_size: int = 64, processes: int = 1) -> Callable[[list[str]], int]:
    """A function that runs the pipeline over texts and returns how many tokens they have, for timing.

    spaCy runs a pipeline in one thread; `processes` above 1 is its own `n_process`, which starts them in each call.
    """
    nlp = spacy.load(folder)
    return lambda texts: sum(len(doc) for doc in nlp.pipe(texts, batch_size=batch_size, n_process=processes))


def predictor(folder: Path) -> Callable[[Iterable[str]], Iterator[Prediction]]:
    """A function that gives what the pipeline in `folder` says of each text, its entities as it found them."""
    nlp = spacy.load(folder)

    def predict(texts: Iterable[str]) -> Iterator[Prediction]:
        for doc in nlp.pipe(texts):
            yield Prediction(scored(doc), [(span.start_char, span.end_char) for span in doc.ents])

    return predict


def scored(doc: Doc) -> Document:
    """A prediction of spaCy on escore's scale: a token is 0, 100, 200 (NNP) or 300 (in an entity)."""
    tokens = [token for token in doc if not token.is_space]
    classes = {tag: known for known, tag in TAGS.items()}
    return Document(
        doc.text,
        np.array([token.idx for token in tokens], np.int32),
        np.array([token.idx + len(token) for token in tokens], np.int32),
        np.array([100 * (ENTITY if token.ent_type else classes[token.tag_]) for token in tokens], np.float32),
        marks=(),
    )


def main() -> None:
    """Train."""
    try:
        match sys.argv[1:]:
            case ["train", corpora, output]:
                train(Path(corpora), Path(output))
            case _:
                sys.exit("usage: python -m benchmarks.spacy_peer train CORPORA OUTPUT")
    except (EscoreError, OSError) as error:
        sys.exit(f"spacy_peer: {error}")


if __name__ == "__main__":
    main()
