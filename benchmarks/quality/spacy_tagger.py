"""spaCy's pipeline for a CPU (`spacy init config --optimize efficiency`), trained on the corpora of escore's own model.

Their labels are intervals of classes, and become partial annotations. Tags are coarse: NONE, NN, or NNP for a proper
noun or any word of an entity, which is all that three classes need; a word whose class is open has no tag. The words of
an entity are one ENTITY, since the readers keep no types; what may or may not be one has a missing annotation.
"""

import random
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import spacy
from spacy.cli.init_config import init_config
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from benchmarks.quality.corpora import TaggedDocument, by_class, labeled, texts
from escore_labels.texts import join_sentences
from escore_labels.tokens import COMMON, ENTITY, NONE, PROPER, Sentence
from escore_training.recipe import load_recipe

SEED = 1
TAGS = {NONE: "NONE", COMMON: "NN", PROPER: "NNP"}
CLASSES = {tag: label for label, tag in TAGS.items()}


def main(corpora: Path, output: Path, epochs: int = 3) -> None:
    """Train spaCy's tagger and ner on the finetune recipe's CORPORA; OUTPUT is a new folder."""
    documents = labeled(load_recipe("finetune").corpora, corpora)
    spacy.util.fix_random_seed(SEED)
    config = init_config(lang="en", pipeline=["tagger", "ner"], optimize="efficiency", gpu=False)
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    training = spacy.util.registry.resolve(nlp.config.interpolate()["training"])
    runs = list(texts(documents, random.Random(SEED)))
    optimizer = nlp.initialize(lambda: [example(nlp, run) for run in runs[:: len(runs) // 2000 + 1]])  # every label
    for epoch in range(1, epochs + 1):
        rng = random.Random(f"{SEED}/{epoch}")
        runs = list(texts(documents, rng))
        rng.shuffle(runs)
        losses: dict[str, float] = {}
        for batch in training["batcher"](example(nlp, run) for run in runs):
            nlp.update(batch, drop=training["dropout"], sgd=optimizer, losses=losses)
        progress = {name: round(float(loss)) for name, loss in losses.items()}
        print(f"train-spacy: epoch {epoch}, {len(runs)} texts, losses {progress}", file=sys.stderr, flush=True)
    nlp.to_disk(output)


def example(nlp: Language, run: list[Sentence]) -> Example:
    """Sentences as one training text; spaCy aligns its own tokens with the labeled ones."""
    text = join_sentences(run)
    reference = Doc(
        nlp.vocab,
        words=[token.text for token in text.tokens],
        spaces=[text.text[end : end + 1] == " " for _, end in text.spans],
        tags=[TAGS[low] if (low := min(t.low, PROPER)) == min(t.high, PROPER) else "" for t in text.tokens],
    )
    entities, missing = [], []
    for place, token in enumerate(text.tokens):
        if token.low == ENTITY:
            start = place if token.starts_entity else entities.pop().start
            entities.append(Span(reference, start, place + 1, "ENTITY"))
        elif token.high == ENTITY:
            missing.append(Span(reference, place, place + 1))
    reference.set_ents(entities, missing=missing, default="outside")
    return Example(nlp.make_doc(text.text), reference)


def stream(nlp: Language, texts: Iterable[str]) -> Iterator[TaggedDocument]:
    """What the pipeline says of each text, its entities as it found them."""
    for doc in nlp.pipe(texts):
        tokens = [token for token in doc if not token.is_space]
        places = [(token.idx, token.idx + len(token)) for token in tokens]
        classes = [ENTITY if token.ent_type else CLASSES[token.tag_] for token in tokens]
        tagged = by_class(doc.text, places, classes, [False] * len(tokens))
        yield replace(tagged, spans=tuple((span.start_char, span.end_char) for span in doc.ents))
