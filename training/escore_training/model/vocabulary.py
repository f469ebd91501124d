"""The tokenizer of a new model: a cased byte-level BPE of escore's words."""

import json
from collections.abc import Iterable

from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

from escore.segmentation import find_words

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")  # RoBERTa's, in its order: their ids are 0 to 4


def train_vocabulary(texts: Iterable[str], size: int) -> Tokenizer:
    """A BPE of `size` tokens. No token is special to it: a literal `</s>` in a text is text."""
    tokenizer = Tokenizer(models.BPE())
    find_words(tokenizer)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", SPECIAL.index("<s>")), ("</s>", SPECIAL.index("</s>"))]
    )
    content = json.loads(tokenizer.to_str())
    content["added_tokens"] = []
    return Tokenizer.from_str(json.dumps(content, ensure_ascii=False))
