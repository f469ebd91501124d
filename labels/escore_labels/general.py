"""General English that ships, to train beside a person's own texts and to see what a model forgets.

general.txt: 2,300 sentences without labels, half from the train part of the Universal Dependencies English Web Treebank
(Silveira et al. 2014; CC BY-SA 4.0), half from the English Wikipedia (its authors; CC BY-SA 3.0).
general.jsonl: 500 other sentences of the treebank's train part, labeled by its parts of speech and by Universal NER
(Mayhew et al. 2024; CC BY-SA 4.0); a proper noun in no entity is left open.
"""

from pathlib import Path

from escore_labels.record import Record, read_records

_TEXT = Path(__file__).with_suffix(".txt")


def general_sentences() -> list[str]:
    """Sentences without labels."""
    return _TEXT.read_text("utf-8").splitlines()


def general_records() -> list[Record]:
    """Labeled sentences, none of which is among `general_sentences`."""
    return list(read_records(_TEXT.with_suffix(".jsonl")))
