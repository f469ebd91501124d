"""The general text that ships."""

from escore_labels.adjudicate import to_labeled_text
from escore_labels.general import general_records, general_sentences
from escore_labels.tokens import ENTITY


def test_sentences_and_labeled_ones_share_nothing() -> None:
    sentences = general_sentences()
    records = general_records()
    assert len(sentences) > 2000
    assert all(sentence.strip() for sentence in sentences)
    assert not set(sentences) & {record.text for record in records}


def test_labels_are_of_whole_words_and_few_words_are_open() -> None:
    tokens = [token for record in general_records() for token in to_labeled_text(record).tokens]
    is_open = [token.low != token.high for token in tokens]
    entity = [token.low == ENTITY for token in tokens]
    assert sum(is_open) < 0.1 * len(tokens)
    assert 0.03 < sum(entity) / len(tokens) < 0.15
