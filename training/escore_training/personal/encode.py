"""Texts as the runtime reads them: words, and windows of tokens; and what a model in training says of these."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import RobertaForTokenClassification

from escore.bundle.tokenizer import WordTokenizer
from escore.pipeline.encode import encode_text
from escore.pipeline.windows import Window, make_windows
from escore_export.checkpoint.checkpoint import OVERLAP

_BATCH_TOKENS = 4096


@dataclass(frozen=True, slots=True, eq=False)
class EncodedText:
    """A text's words, and the windows that the model sees.

    counts: tokens of each word (int32, [words]).
    starts, ends: where each word starts and ends, in code points (int32, [words]).
    windows: what they keep, put together, is all tokens in order.
    """

    counts: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    windows: list[Window]


def encode(tokenizer: WordTokenizer, text: str, max_tokens: int) -> EncodedText:
    """A text in windows of at most `max_tokens`, <s> and </s> included."""
    chunks = list(encode_text(tokenizer, text))
    columns = [(chunk.counts, chunk.starts, chunk.ends) for chunk in chunks] or [(np.empty(0, np.int32),) * 3]
    counts, starts, ends = (np.concatenate(column) for column in zip(*columns, strict=True))
    return EncodedText(counts, starts, ends, list(make_windows(iter(chunks), max_tokens - 2, OVERLAP)))


def predict(model: RobertaForTokenClassification, texts: Sequence[EncodedText]) -> list[Tensor]:
    """The logit of each token ([tokens]) of each text; a score is 300 * sigmoid(logit)."""
    return [logits[:, 0] for logits in predict_all(model, texts)]


def predict_all(model: RobertaForTokenClassification, texts: Sequence[EncodedText]) -> list[Tensor]:
    """All logits of each token ([tokens, outputs]) of each text: the score's, and those of the heads that there are."""
    windows = [window for text in texts for window in text.windows]
    logits = iter(_predict_windows(model, [torch.from_numpy(window.ids) for window in windows]))
    none = torch.empty(0, model.config.num_labels)
    return [torch.cat([next(logits)[window.keep] for window in text.windows] or [none]) for text in texts]


def _predict_windows(model: RobertaForTokenClassification, windows: Sequence[Tensor]) -> list[Tensor]:
    """The logits of all tokens of each window ([tokens, outputs]), windows of like length side by side."""
    logits: list[Tensor] = [torch.empty(0)] * len(windows)
    order = sorted(range(len(windows)), key=lambda i: len(windows[i]))
    model.train(False)
    with torch.no_grad():
        while order:
            count = max(1, _BATCH_TOKENS // (len(windows[order[-1]]) + 2))
            batch, order = order[-count:], order[:-count]
            rows = [add_ends(model, windows[i]) for i in batch]
            ids = pad_sequence(rows, batch_first=True, padding_value=model.roberta.embeddings.padding_idx)
            mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
            output = model(ids, attention_mask=mask).logits
            for row, i in enumerate(batch):
                logits[i] = output[row, 1 : 1 + len(windows[i])].clone()
    return logits


def add_ends(model: RobertaForTokenClassification, ids: Tensor) -> Tensor:
    """Ids between <s> and </s>."""
    begin, end = model.config.bos_token_id, model.config.eos_token_id
    return torch.cat([torch.tensor([begin]), ids, torch.tensor([end])])
