"""The first weights: MiniLM's encoder (uncased word pieces) turned into a cased byte-level RoBERTa."""

import json

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, decoders
from torch import Tensor, nn
from transformers import RobertaConfig, RobertaForTokenClassification

from escore_training.data.case import CASES, case_class
from escore_training.model.encoders import MINILM, minilm_folder, minilm_tokenizer
from escore_training.model.vocabulary import SPECIAL
from escore_training.recipe import Model, RecipeError

_SPECIAL_PIECES = ("[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]")  # in the order of SPECIAL


def roberta_from_minilm(
    tokenizer: Tokenizer, model: Model, dropout: float, outputs: tuple[str, ...]
) -> RobertaForTokenClassification:
    """A RoBERTa with these outputs, its encoder MiniLM's first layers, its embeddings made from MiniLM's word pieces.

    Raises RecipeError where the package with MiniLM's weights is not installed.
    """
    folder = minilm_folder()
    weights = load_file(folder / "model.safetensors")
    bert = json.loads((folder / "config.json").read_text("utf-8"))
    config = RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=bert["hidden_size"],
        num_hidden_layers=bert["num_hidden_layers"],
        num_attention_heads=bert["num_attention_heads"],
        intermediate_size=bert["intermediate_size"],
        max_position_embeddings=model.max_tokens + 2,  # RoBERTa counts positions from 2
        type_vocab_size=1,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=0.0,  # so many random numbers cost more time than they are worth
        layer_norm_eps=bert["layer_norm_eps"],
        id2label=dict(enumerate(outputs)),
        label2id={name: number for number, name in enumerate(outputs)},
        bos_token_id=SPECIAL.index("<s>"),
        pad_token_id=SPECIAL.index("<pad>"),
        eos_token_id=SPECIAL.index("</s>"),
    )
    config._attn_implementation = "eager"  # its backward pass takes half the time at 50 tokens
    roberta = RobertaForTokenClassification(config)
    state = {"roberta." + key: value for key, value in weights.items() if not key.startswith("pooler.")}
    prefix = "roberta.embeddings."
    table = state[prefix + "word_embeddings.weight"]
    state[prefix + "word_embeddings.weight"] = _word_embeddings(tokenizer, minilm_tokenizer(), table)
    positions = state[prefix + "position_embeddings.weight"]
    state[prefix + "position_embeddings.weight"] = torch.cat([positions[:2], positions[: model.max_tokens]])
    state[prefix + "token_type_embeddings.weight"] = state[prefix + "token_type_embeddings.weight"][:1]
    names = roberta.state_dict().keys()
    missing, _ = roberta.load_state_dict({k: v for k, v in state.items() if k in names}, strict=False)
    if set(missing) != {"classifier.weight", "classifier.bias"}:
        raise RecipeError(
            f"{MINILM}: the installed package has other weights than this recipe needs; missing {missing}"
        )
    return roberta


def token_texts(tokenizer: Tokenizer) -> list[str]:
    """The characters of each token, by id; a leading space marks a word's first token."""
    decoder = decoders.ByteLevel()
    return [decoder.decode([tokenizer.id_to_token(number)]) for number in range(tokenizer.get_vocab_size())]


def _word_embeddings(tokenizer: Tokenizer, word_pieces: Tokenizer, table: Tensor) -> Tensor:
    """Each token starts as the mean of MiniLM's pieces of the same characters, in lower case."""
    rows = []
    for number, text in enumerate(token_texts(tokenizer)):
        if number < len(SPECIAL):
            ids = [word_pieces.token_to_id(_SPECIAL_PIECES[number])]
        elif text.startswith(" "):
            ids = word_pieces.encode(text.strip(), add_special_tokens=False).ids
        else:
            ids = _continuing_ids(word_pieces.normalizer.normalize_str(text), word_pieces)
        rows.append(table[ids or [word_pieces.token_to_id("[UNK]")]].mean(0))
    return torch.stack(rows)


def _continuing_ids(text: str, word_pieces: Tokenizer) -> list[int]:
    """WordPiece's greedy longest match, for characters that continue a word (## pieces)."""
    ids, start = [], 0
    while start < len(text):
        for end in range(len(text), start, -1):
            if (piece := word_pieces.token_to_id("##" + text[start:end])) is not None:
                ids.append(piece)
                break
        else:
            end = start + 1
        start = end
    return ids


class CaseEmbedding(nn.Module):
    """Token embeddings plus one shared vector for each case class: MiniLM is uncased, so case is learned separately."""

    case_of: Tensor

    def __init__(self, words: nn.Embedding, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.words = words
        classes = [case_class(text) * 2 + text.startswith(" ") for text in token_texts(tokenizer)]
        self.register_buffer("case_of", torch.tensor(classes), persistent=False)
        self.cases = nn.Embedding(2 * len(CASES), words.embedding_dim)
        nn.init.zeros_(self.cases.weight)
        self.cases.requires_grad_(words.weight.requires_grad)

    def forward(self, ids: Tensor) -> Tensor:
        """Embed int64 [batch, length] as float32 [batch, length, width]."""
        return self.words(ids) + self.cases(self.case_of[ids])  # type: ignore[no-any-return]

    def merged(self) -> nn.Embedding:
        """A plain table, the case vectors added in; it learns further if the words did."""
        is_frozen = not self.words.weight.requires_grad
        table = self.words.weight.detach() + self.cases.weight.detach()[self.case_of]
        plain: nn.Embedding = nn.Embedding.from_pretrained(table, freeze=is_frozen, padding_idx=self.words.padding_idx)
        return plain
